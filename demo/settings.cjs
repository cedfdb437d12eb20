// Settings of the demo's Node-RED: loopback only, nothing fetched from or sent to the internet.
module.exports = {
  uiHost: '127.0.0.1',
  flowFile: 'flows.json',
  flowFilePretty: true,
  credentialSecret: false,
  telemetry: { enabled: false, updateNotification: false },
  diagnostics: { enabled: true, ui: true },
  externalModules: { autoInstall: false, palette: { allowInstall: false }, modules: { allowInstall: false } },
  functionExternalModules: false,
  editorTheme: {
    tours: false,
    page: { title: 'A street shares its sun' },
    header: { title: 'A street shares its sun' },
    projects: { enabled: false },
    codeEditor: { lib: 'monaco' },
  },
  logging: { console: { level: 'info', metrics: false, audit: false } },
};
