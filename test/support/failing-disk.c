/* A disk that fails, for LD_PRELOAD: the n-th call of a kind on files whose path holds a text ends with an error, and so do the later ones
 * if it says so. What to do stands in the environment variable FAILING_DISK, which the process may change while it runs:
 *
 *     <fsync|write> <n> <errno> <once|always> <text of the path>
 *
 * An fsync that fails "once" and succeeds when asked again is what Linux does after it has thrown away the pages that it could not write
 * (A. Rebello et al., "Can Applications Recover from fsync Failures?", USENIX ATC 2020). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static char plan[512];
static int calls;

/* Whether this call is to fail; sets errno. */
static int fails(const char *kind, int file) {
  const char *wanted = getenv("FAILING_DISK");
  char what[16], how[16], part[256], link[64], path[4096];
  int nth, code;
  ssize_t length;
  if (wanted == NULL || sscanf(wanted, "%15s %d %d %15s %255s", what, &nth, &code, how, part) != 5) return 0;
  if (strcmp(what, kind) != 0) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = '\0';
  if (strstr(path, part) == NULL) return 0;
  if (strncmp(plan, wanted, sizeof plan) != 0) {
    snprintf(plan, sizeof plan, "%s", wanted);
    calls = 0;
  }
  calls++;
  if (calls < nth || (calls > nth && strcmp(how, "once") == 0)) return 0;
  errno = code;
  return 1;
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int fsync(int file) { return fails("fsync", file) ? -1 : NEXT(fsync)(file); }
int fdatasync(int file) { return fails("fsync", file) ? -1 : NEXT(fdatasync)(file); }
ssize_t write(int file, const void *bytes, size_t count) {
  return fails("write", file) ? -1 : NEXT(write)(file, bytes, count);
}
ssize_t pwrite(int file, const void *bytes, size_t count, off_t at) {
  return fails("write", file) ? -1 : NEXT(pwrite)(file, bytes, count, at);
}
ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t at) {
  return fails("write", file) ? -1 : NEXT(pwrite64)(file, bytes, count, at);
}
