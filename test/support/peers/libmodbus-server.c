/* A Modbus server made of libmodbus alone, so that what we read was not put on the wire by code of ours.
 *
 *   libmodbus-server tcp            a free port of loopback, many clients
 *   libmodbus-server rtu PATH BAUD  one unit on a serial line, 8N1
 *
 * Standard input brings the registers: `unit table address count value...` per block, table `h` (holding) or `i` (input),
 * then `go`. Prints `ready PORT` and serves until standard input ends. What is not in the image is exception 2, a unit that
 * is not there exception 11. Function codes 3, 4, 6 and 16.
 */
#include <modbus/modbus.h>
#include <errno.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REGISTERS = 65536, MOST_CLIENTS = 512 };

typedef struct {
  modbus_mapping_t *map;
  unsigned char holding[REGISTERS];
  unsigned char input[REGISTERS];
} Unit;

static Unit *units[256];

static void fail(const char *what) {
  fprintf(stderr, "libmodbus-server: %s: %s\n", what, modbus_strerror(errno));
  exit(1);
}

static Unit *unit_of(int id) {
  if (!units[id]) {
    units[id] = calloc(1, sizeof(Unit));
    units[id]->map = modbus_mapping_new(0, 0, REGISTERS, REGISTERS);
    if (!units[id]->map) fail("no memory for the registers");
  }
  return units[id];
}

static int read_image(void) {
  char word[16];
  int first = -1;
  while (scanf("%15s", word) == 1 && strcmp(word, "go") != 0) {
    int id = atoi(word), address, count, value;
    char table;
    if (scanf(" %c %d %d", &table, &address, &count) != 3) fail("the image is cut short");
    Unit *unit = unit_of(id & 255);
    if (first < 0) first = id & 255;
    for (int i = 0; i < count; i++) {
      if (scanf("%d", &value) != 1) fail("the image is cut short");
      int at = (address + i) & 0xffff;
      (table == 'h' ? unit->holding : unit->input)[at] = 1;
      (table == 'h' ? unit->map->tab_registers : unit->map->tab_input_registers)[at] = (uint16_t)value;
    }
  }
  if (first < 0) fail("the image has no register");
  return first;
}

/* Answers one request. `head` is the length of what stands before the function code. */
static void answer(modbus_t *ctx, const uint8_t *query, int length, int head) {
  Unit *unit = units[query[head - 1]];
  int function = query[head];
  int address = query[head + 1] << 8 | query[head + 2];
  int count = function == 6 ? 1 : query[head + 3] << 8 | query[head + 4];
  if (!unit) {
    modbus_reply_exception(ctx, query, MODBUS_EXCEPTION_GATEWAY_TARGET);
    return;
  }
  const unsigned char *there = function == 4 ? unit->input : unit->holding;
  if (function == 3 || function == 4 || function == 6 || function == 16) {
    for (int i = 0; i < count && i < 256; i++) {
      if (address + i >= REGISTERS || !there[address + i]) {
        modbus_reply_exception(ctx, query, MODBUS_EXCEPTION_ILLEGAL_DATA_ADDRESS);
        return;
      }
    }
  }
  modbus_reply(ctx, query, length, unit->map);
}

static void serve_tcp(void) {
  uint8_t query[MODBUS_TCP_MAX_ADU_LENGTH];
  struct pollfd watched[MOST_CLIENTS + 2];
  int many = 2;
  modbus_t *ctx = modbus_new_tcp("127.0.0.1", 0);
  /* libmodbus refuses port 0 when it listens, so the socket is made here. */
  int server = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  if (bind(server, (struct sockaddr *)&address, size) != 0 || listen(server, 128) != 0) fail("no socket");
  getsockname(server, (struct sockaddr *)&address, &size);
  printf("ready %d\n", ntohs(address.sin_port));
  fflush(stdout);
  watched[0] = (struct pollfd){.fd = 0, .events = POLLIN};
  watched[1] = (struct pollfd){.fd = server, .events = POLLIN};
  for (;;) {
    if (poll(watched, many, -1) < 0) continue;
    if (watched[0].revents) exit(0);
    for (int i = many - 1; i >= 2; i--) {
      if (!watched[i].revents) continue;
      modbus_set_socket(ctx, watched[i].fd);
      int length = modbus_receive(ctx, query);
      if (length > 0) answer(ctx, query, length, 7);
      else if (length < 0) {
        close(watched[i].fd);
        watched[i] = watched[--many];
      }
    }
    if (watched[1].revents && many < MOST_CLIENTS + 2) {
      int client = modbus_tcp_accept(ctx, &server);
      if (client >= 0) watched[many++] = (struct pollfd){.fd = client, .events = POLLIN};
    }
  }
}

static void serve_rtu(const char *path, int baud, int unit) {
  uint8_t query[MODBUS_RTU_MAX_ADU_LENGTH];
  modbus_t *ctx = modbus_new_rtu(path, baud, 'N', 8, 1);
  if (!ctx || modbus_set_slave(ctx, unit) != 0 || modbus_connect(ctx) != 0) fail("the serial line cannot be opened");
  printf("ready 0\n");
  fflush(stdout);
  struct pollfd watched[2] = {{.fd = 0, .events = POLLIN}, {.fd = modbus_get_socket(ctx), .events = POLLIN}};
  for (;;) {
    if (poll(watched, 2, -1) < 0) continue;
    if (watched[0].revents) exit(0);
    int length = modbus_receive(ctx, query);
    if (length > 0) answer(ctx, query, length, 1);
    else if (length < 0 && errno == EIO) fail("the serial line is gone");
  }
}

int main(int count, char **arguments) {
  int first = read_image();
  if (count >= 2 && strcmp(arguments[1], "tcp") == 0) serve_tcp();
  if (count >= 4 && strcmp(arguments[1], "rtu") == 0) serve_rtu(arguments[2], atoi(arguments[3]), first);
  fprintf(stderr, "use: libmodbus-server tcp | rtu PATH BAUD\n");
  return 2;
}
