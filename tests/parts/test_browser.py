"""The browser fixture is a real Chromium that Playwright drives."""


def test_the_browser_opens_a_page_and_runs_its_script(browser):
    page = browser.new_page()
    script = "<script>p.textContent = 6 * 7</script>"
    page.goto(f"data:text/html;charset=utf-8,<title>Nông Sơn</title><p id=p></p>{script}")
    assert page.title() == "Nông Sơn"
    assert page.locator("#p").text_content() == "42"
    page.close()


def test_one_browser_serves_the_whole_module(browser):
    assert browser.is_connected()
