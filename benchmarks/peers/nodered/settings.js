// Node-RED without its editor and quiet, so that what is measured is the flow. `pg` is the driver that the
// PostgreSQL nodes of its library wrap; the flow's function node uses it directly.
module.exports = {
  uiHost: "127.0.0.1",
  uiPort: 0,
  httpAdminRoot: false,
  httpNodeRoot: false,
  flowFile: "flow.json",
  credentialSecret: false,
  diagnostics: { enabled: false },
  telemetry: { enabled: false, updateNotification: false },
  functionGlobalContext: { pg: require("pg") },
  logging: { console: { level: "info", metrics: false, audit: false } },
};
