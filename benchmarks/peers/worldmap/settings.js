// Node-RED without its editor and quiet, with nothing but its map (`node_modules` beside this file leads to it).
module.exports = {
  uiHost: "127.0.0.1",
  uiPort: Number(process.env.BENCH_PORT),
  httpAdminRoot: false,
  httpNodeRoot: "/",
  flowFile: "flow.json",
  credentialSecret: false,
  diagnostics: { enabled: false },
  telemetry: { enabled: false, updateNotification: false },
  logging: { console: { level: "info", metrics: false, audit: false } },
};
