# A serial adapter with one Modbus device, pulled out and put in on request: each line of standard input is answered with a
# line of standard output. `plug` makes a pseudo-terminal behind the path given as argument, `unplug` ends it. While it is
# plugged in, every request of 8 bytes gets the answer of unit 1 to a read of one holding register: 513.
import os
import selectors
import sys
import tty

path = sys.argv[1]
selector = selectors.DefaultSelector()
selector.register(0, selectors.EVENT_READ)
master = slave = None
asked = b""


def unplug():
    global master, slave, asked
    if master is not None:
        selector.unregister(master)
        os.close(slave)
        os.close(master)
        os.unlink(path)
    master = slave = None
    asked = b""


while True:
    for key, _ in selector.select():
        if key.fd == 0:
            command = sys.stdin.readline().strip()
            unplug()
            if command == "":
                sys.exit(0)
            if command == "plug":
                # The other end stays open here too: a pseudo-terminal that nobody holds reads as ended.
                master, slave = os.openpty()
                tty.setraw(slave)
                os.symlink(os.ttyname(slave), path)
                selector.register(master, selectors.EVENT_READ)
            print(command, flush=True)
        elif key.fd == master:
            asked += os.read(master, 256)
            while len(asked) >= 8:
                asked = asked[8:]
                os.write(master, bytes.fromhex("010302020178e4"))
