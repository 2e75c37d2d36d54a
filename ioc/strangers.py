"""What becomes of a device never heard of (rule 8 of the wire). Decides, and remembers nobody."""

from ingest.model import Admission
from ingest.store import Admit
from ioc.diskwatch import address as centre_address
from ioc.probe import address as probe_address
from ioc.settings import Settings
from ioc.site import SiteFile


def admission(settings: Settings, site: SiteFile) -> Admit:
    """The site's answer for any address: those it lists are admitted, and what speaks for this centre itself."""
    everyone, probe = (settings.site.admit or site.admit) == "all", probe_address(site.slug)
    listed = frozenset([centre_address(site.slug), *(device.address for device in site.devices)])

    def admit(address: str) -> Admission:
        if address == probe:
            return Admission.RETIRED  # our own: stored, and never drawn, counted or judged
        return Admission.ADMITTED if everyone or address in listed else Admission.PENDING

    return admit
