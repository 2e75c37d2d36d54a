// The ground under the devices. Where the centre knows an area's boundary, that is drawn; where it does
// not, only a soft shade under the area's devices, without a line, so that nobody takes it for a boundary.
// It draws shapes only: names and counts are labels.js.
window.IOC = window.IOC || {};

// Leaflet draws every shape again wherever a move ends; this pen only where the view has left what it has drawn.
IOC.StillPen = L.SVG.extend({
  _update() {
    const map = this._map;
    const view = L.bounds([map.containerPointToLayerPoint([0, 0]), map.containerPointToLayerPoint(map.getSize())]);
    if (this._drawnAt === map.getPixelOrigin() && this._bounds.contains(view)) return;
    this._drawnAt = map.getPixelOrigin();
    L.SVG.prototype._update.call(this);
  },
});

IOC.AreaLayer = L.Layer.extend({
  initialize(url, options) {
    this.url = url; // where the areas are; wall.js fetches them
    L.setOptions(this, options);
    this.features = [];
  },

  onAdd(map) {
    // A pane of their own: Leaflet's style sheet puts svg above canvas within one pane.
    map.createPane("ground").style.zIndex = 250;
    this._pen = new IOC.StillPen({ pane: "ground", padding: 0.5 });
    this._shapes = L.layerGroup([], { pane: "ground" }).addTo(map);
    IOC.areas = this;
  },

  // `features`: GeoJSON; `clusters`: area slug -> positions of its devices, for areas without a boundary.
  draw(features, clusters) {
    this._shapes.clearLayers();
    this.features = features;
    const bounded = new Set();
    for (const feature of features) {
      const kind = feature.geometry && feature.geometry.type;
      if (kind !== "Polygon" && kind !== "MultiPolygon") continue;
      bounded.add(feature.properties.slug);
      L.geoJSON(feature, {
        pane: "ground", renderer: this._pen, interactive: false,
        style: { color: IOC.colour("border"), weight: 1.4 * IOC.unit(), fillColor: IOC.colour("land"), fillOpacity: IOC.base?.kind ? 0.35 : 1 },
      }).addTo(this._shapes);
    }
    for (const [slug, positions] of clusters) if (!bounded.has(slug)) this._shade(positions);
  },

  _shade(positions) {
    L.polygon(IOC.hull(positions), {
      pane: "ground", renderer: this._pen, interactive: false, lineJoin: "round", smoothFactor: 0,
      color: IOC.colour("land"), weight: 84 * IOC.unit(), fillColor: IOC.colour("land"), fillOpacity: 1,
    }).addTo(this._shapes);
  },
});

// The convex hull of [lat, lon] positions (Andrew's monotone chain).
IOC.hull = (positions) => {
  const sorted = [...positions].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  if (sorted.length < 3) return sorted;
  const turn = (o, a, b) => (a[0] - o[0]) * (b[1] - o[1]) - (a[1] - o[1]) * (b[0] - o[0]);
  const half = (points) => {
    const chain = [];
    for (const point of points) {
      while (chain.length > 1 && turn(chain.at(-2), chain.at(-1), point) <= 0) chain.pop();
      chain.push(point);
    }
    return chain.slice(0, -1);
  };
  return [...half(sorted), ...half(sorted.reverse())];
};
