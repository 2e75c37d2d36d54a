"""Folium with nothing from elsewhere: a map and two layers whose every link is `/static/…`.

Folium's own lists of links point at five content networks; these classes have lists of their own. (Never
call `add_js_link` on an instance: it changes the list of the class, and so every later map.) Folium draws
the shell; the devices come over the websocket and are drawn by our layer, which holds twenty thousand.
"""

from dataclasses import dataclass
from typing import ClassVar

import folium
from branca.element import Figure
from folium.elements import JSCSSMixin
from folium.map import Layer
from folium.template import Template

Links = list[tuple[str, str]]
# Class attributes on purpose: folium reads its links from the class, and gives its own as a plain list.

_SHAPES = ("ioc_shapes", "/static/ioc/shapes.js")


class LocalMap(folium.Map):
    """A dark, empty Leaflet map that fills its place; `label` and `described_by` are for screen readers."""

    default_js: Links = [("leaflet", "/static/vendor/leaflet/leaflet.js"), _SHAPES]  # noqa: RUF012
    default_css: Links = [("leaflet_css", "/static/vendor/leaflet/leaflet.css")]  # noqa: RUF012

    # Folium's own forbids zooming on phones and brings inline styles; the page has both better.
    _template = Template("""
        {% macro html(this, kwargs) %}
        <div class="folium-map" id={{ this.get_name()|tojson }} role="application" tabindex="0"
          aria-label="{{ this.label|e }}" aria-describedby="{{ this.described_by|e }}"></div>
        {% endmacro %}
        {% macro script(this, kwargs) %}
        var {{ this.get_name() }} = L.map({{ this.get_name()|tojson }}, {
          center: {{ this.location|tojson }}, ...{{ this.options|tojavascript }}
        });
        L.control.zoom({
          position: "topright", zoomInTitle: {{ this.zoom_in|tojson }}, zoomOutTitle: {{ this.zoom_out|tojson }}
        }).addTo({{ this.get_name() }});
        L.control.scale({
          position: "bottomright", imperial: false, maxWidth: Math.round(110 * IOC.unit())
        }).addTo({{ this.get_name() }});
        {% endmacro %}
    """)

    def __init__(self, *, label: str, described_by: str, zoom_in: str, zoom_out: str) -> None:
        super().__init__(
            location=(16.0, 108.0),  # until the first snapshot frames the site
            zoom_start=6,
            tiles=None,
            zoom_control=False,
            attribution_control=False,
            zoom_snap=0.25,
            max_bounds_viscosity=1.0,
            fade_animation=False,
        )
        self._id = "wall"  # folium's random names would make every page different
        self.label = label
        self.described_by = described_by
        self.zoom_in = zoom_in
        self.zoom_out = zoom_out


class _StreamedLayer(JSCSSMixin, Layer):
    """A layer of ours that gets its content from `url` at run time."""

    kind: ClassVar[str]
    _template = Template("""
        {% macro script(this, kwargs) %}
        var {{ this.get_name() }} = new IOC.{{ this.kind }}({{ this.url|tojson }}, {});
        {% endmacro %}
    """)

    def __init__(self, url: str) -> None:
        super().__init__(name=self.kind, overlay=True, control=False)
        self._name = self.kind
        self._id = "wall"
        self.url = url


class LiveDeviceLayer(_StreamedLayer):
    """All devices, live over the websocket at `url`."""

    kind = "LiveDeviceLayer"
    default_js: Links = [  # noqa: RUF012
        _SHAPES,
        ("ioc_sprites", "/static/ioc/sprites.js"),
        ("ioc_cluster", "/static/ioc/cluster.js"),
        ("ioc_reach", "/static/ioc/reach.js"),
        ("ioc_device_layer", "/static/ioc/device-layer.js"),
    ]


class BaseLayer(_StreamedLayer):
    """Roads and water from the site's own tile file, if `url` says there is one."""

    kind = "BaseLayer"
    default_js: Links = [_SHAPES, ("ioc_base_layer", "/static/ioc/base-layer.js")]  # noqa: RUF012


class AreaLayer(_StreamedLayer):
    """The areas, from the GeoJSON at `url`."""

    kind = "AreaLayer"
    default_js: Links = [_SHAPES, ("ioc_area_layer", "/static/ioc/area-layer.js")]  # noqa: RUF012


@dataclass(frozen=True, slots=True)
class MapParts:
    """A rendered map in three pieces: links for the head, its element, its script without a tag."""

    head: str
    body: str
    script: str


def render_map(*, label: str, described_by: str, zoom_in: str, zoom_out: str) -> MapParts:
    """The wall's map, for a page of our own to put in its place."""
    drawn = LocalMap(label=label, described_by=described_by, zoom_in=zoom_in, zoom_out=zoom_out)
    BaseLayer("/api/v1/map/base").add_to(drawn)
    AreaLayer("/api/v1/areas.geojson").add_to(drawn)
    LiveDeviceLayer("/ws/live").add_to(drawn)
    figure = drawn.get_root()
    if not isinstance(figure, Figure):
        raise TypeError("folium puts every map into a Figure; this one is not in one")
    figure.render()
    return MapParts(
        head=str(figure.header.render()),
        body=str(figure.html.render()),
        script=str(figure.script.render()),
    )
