# A Modbus server made of pymodbus (3.0, as Debian has it), on a free port of loopback.
#
#   pymodbus-server.py tcp|rtu    Modbus TCP, or RTU frames on the socket
#
# The first line of standard input is the image as JSON: [{"unit", "holding": {"address": [...]}, "input": {...}}]. Prints
# `ready PORT` and serves until standard input ends.
import asyncio
import json
import sys
import types

# pymodbus imports these, which Debian only recommends, for its serial servers alone.
for name in ("serial", "serial_asyncio"):
    try:
        __import__(name)
    except ImportError:
        sys.modules[name] = types.SimpleNamespace(create_serial_connection=None)

from pymodbus.datastore import ModbusServerContext, ModbusSlaveContext, ModbusSparseDataBlock
from pymodbus.server import StartAsyncTcpServer
from pymodbus.transaction import ModbusRtuFramer, ModbusSocketFramer


def block(image):
    return ModbusSparseDataBlock({int(address): words for address, words in image.items()})


async def main():
    units = {
        image.get("unit", 1): ModbusSlaveContext(
            hr=block(image.get("holding", {})), ir=block(image.get("input", {})), zero_mode=True
        )
        for image in json.loads(sys.stdin.readline())
    }
    server = await StartAsyncTcpServer(
        context=ModbusServerContext(slaves=units, single=False),
        framer=ModbusRtuFramer if sys.argv[1] == "rtu" else ModbusSocketFramer,
        address=("127.0.0.1", 0),
        ignore_missing_slaves=sys.argv[1] == "rtu",
        defer_start=True,
    )
    serving = asyncio.create_task(server.serve_forever())
    # With defer_start the listening socket exists before it is served.
    while server.server is None:
        await asyncio.sleep(0.01)
    await server.server.start_serving()
    print("ready", server.server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_event_loop().run_in_executor(None, sys.stdin.read)
    serving.cancel()


try:
    asyncio.run(main())
except asyncio.CancelledError:
    pass
