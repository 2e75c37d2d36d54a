// Where the areas are: from their own geometry where it is known, else from where their devices stand.

// area slug -> positions of its devices
export function groundOf(picture) {
  const clusters = new Map();
  for (const index of picture.index.values()) {
    const lat = picture.lat[index];
    if (lat === null || lat === undefined || picture.area[index] === null) continue;
    const positions = clusters.get(picture.area[index]) ?? [];
    positions.push([lat, picture.lon[index]]);
    clusters.set(picture.area[index], positions);
  }
  return clusters;
}

const middle = (positions) => [0, 1].map((axis) => positions.reduce((sum, each) => sum + each[axis], 0) / positions.length);

// The point of a geometry where its name stands: the point itself, or the middle of the largest ring's box.
export function pointOf(geometry) {
  if (!geometry) return null;
  if (geometry.type === "Point") return [geometry.coordinates[1], geometry.coordinates[0]];
  const rings = geometry.type === "Polygon" ? [geometry.coordinates[0]] : geometry.type === "MultiPolygon" ? geometry.coordinates.map((part) => part[0]) : [];
  if (!rings.length) return null;
  const ring = rings.reduce((largest, each) => (each.length > largest.length ? each : largest));
  const centre = [1, 0].map((axis) => {
    const values = ring.map((position) => position[axis]);
    return (Math.min(...values) + Math.max(...values)) / 2;
  });
  return centre;
}

// What is labelled: every area with devices of its own, and every area known to have no part of its own.
// `clusters`: of groundOf.
export function labelsOf(features, clusters) {
  const parents = new Set(features.map((feature) => feature.properties.parent));
  const known = new Map(features.map((feature) => [feature.properties.slug, feature]));
  const slugs = new Set([...clusters.keys(), ...known.keys()].filter((slug) => clusters.has(slug) || !parents.has(slug)));
  return [...slugs].map((slug) => {
    const positions = clusters.get(slug);
    const position = pointOf(known.get(slug)?.geometry) ?? (positions ? middle(positions) : null);
    return { slug, name: known.get(slug)?.properties.name ?? slug, position };
  }).filter((area) => area.position);
}
