// The ground below all: roads and water from a tile file that the site keeps (docs/maps.md). Without one there is nothing
// here, and the wall works as well. No labels of tiles: protomaps' label engine hangs a browser at 4K, so names are ours.
window.IOC = window.IOC || {};

IOC.BaseLayer = L.Layer.extend({
  initialize(url, options) {
    this.url = url; // says which kind of file there is
    L.setOptions(this, options);
  },

  onAdd(map) {
    map.createPane("base").style.zIndex = 210;
    IOC.base = this;
    this.ready = fetch(this.url, { headers: { Accept: "application/json" } })
      .then((answer) => (answer.ok ? answer.json() : { kind: null }))
      .then((told) => this._lay(map, told))
      .catch(() => { this.kind = null; });
  },

  async _lay(map, { kind, attribution }) {
    this.kind = kind;
    if (kind === "raster") this._tiles = L.tileLayer("/tiles/{z}/{x}/{y}", { pane: "base", className: "base-tiles" });
    if (kind === "vector") {
      await IOC.script("/static/vendor/protomaps-leaflet/protomaps-leaflet.js");
      this._tiles = protomapsL.leafletLayer({
        url: "/tiles/base.pmtiles", pane: "base", labelRules: [], paintRules: IOC.paint(), backgroundColor: "transparent", attribution: "",
      });
    }
    if (!this._tiles) return;
    this._tiles.addTo(map);
    if (attribution) L.control.attribution({ position: "bottomleft", prefix: false }).addTo(map)
      .addAttribution(attribution.replaceAll("&", "&amp;").replaceAll("<", "&lt;"));
  },
});

IOC.script = (src) => new Promise((loaded, failed) => {
  const tag = document.createElement("script");
  Object.assign(tag, { src, onload: loaded, onerror: failed });
  document.head.append(tag);
});

// Calm lines on a dark ground (ISA-101): roads just visible, water as a shade. Layers are those of Protomaps' own tiles.
IOC.paint = () => {
  const polygon = (dataLayer, fill) => ({ dataLayer, symbolizer: new protomapsL.PolygonSymbolizer({ fill }) });
  const line = (dataLayer, color, width, filter) => ({ dataLayer, filter, symbolizer: new protomapsL.LineSymbolizer({ color, width }) });
  const major = (_, feature) => ["highway", "major_road", "medium_road"].includes(feature.props.kind);
  return [
    polygon("landuse", "#1a2028"), polygon("water", "#16222f"), line("water", "#1c2c3d", 1.2), polygon("buildings", "#20272f"),
    line("roads", "#2b343e", 0.8), line("roads", "#3b4753", 1.8, major), line("boundaries", "#46535f", 1),
  ];
};
