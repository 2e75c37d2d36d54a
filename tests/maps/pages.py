"""Pages as the tests look at them: sizes, and when a wall is there."""

from playwright.sync_api import expect

WIDE = {"width": 1920, "height": 1080}
PHONE = {"width": 390, "height": 844}


def shown(page):
    """The wall, once it shows a picture and figures."""
    expect(page.locator("body[data-seq]")).to_be_visible()
    expect(page.locator("#figure-devices .value")).not_to_have_text("–")
    return page
