// Settings of a Node-RED with node-red-contrib-modbus whose reads per second are counted: on the message {ms} it lets
// messages circle through its Flex-Getter for so long and answers with their number.
const bench = { count: 0, running: false, start: () => {} };

process.on('message', async ({ ms }) => {
  bench.count = 0;
  bench.running = true;
  bench.start();
  await new Promise((resolve) => setTimeout(resolve, ms));
  bench.running = false;
  process.send({ reads: bench.count });
});

module.exports = {
  uiHost: '127.0.0.1',
  flowFile: 'flows.json',
  credentialSecret: false,
  telemetry: { enabled: false, updateNotification: false },
  externalModules: { autoInstall: false, palette: { allowInstall: false } },
  functionGlobalContext: { bench },
  logging: { console: { level: 'info', metrics: false, audit: false } },
};
