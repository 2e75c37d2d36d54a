"""The pages: nothing from elsewhere, nothing inline without the nonce, every word in every language."""

import json
import re

import folium
import pytest

from maps.page import PLAIN, device_page, plain_page, security_policy, static_dir, wall_page
from maps.words import LANGUAGES, catalogue, pick_language

OURS = static_dir() / "ioc"
PACKAGE = static_dir().parent
NASTY = '</script><img src=x onerror=alert(1)>"'


def pages(lang="vi", nonce="N0nce"):
    return {
        "wall": wall_page(lang, nonce, "Nông Sơn"),
        "device": device_page(lang, nonce, "nong-son/camera/c1"),
        **{name: plain_page(name, lang, nonce, site="Nông Sơn") for name in PLAIN},
    }


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", ["wall", "device", *PLAIN])
def test_a_page_links_only_to_files_that_we_serve(name, lang):
    page = pages(lang)[name]
    links = re.findall(r'(?:src|href|action)="([^"]+)"', page)
    assert all(link.startswith(("/", "#")) and not link.startswith("//") for link in links)
    files = [link.removeprefix("/static/") for link in links if link.startswith("/static/")]
    assert files
    assert all((static_dir() / file).is_file() for file in files if not file.startswith("vendor/"))
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page


@pytest.mark.parametrize("name", ["wall", "device", *PLAIN])
def test_a_page_has_no_inline_style_or_handler_and_no_script_without_the_nonce(name):
    page = pages()[name]
    assert not re.search(r"\son\w+=|\sstyle=|<style|javascript:", page)
    inline = [tag for tag in re.findall(r"<script[^>]*>", page) if "src=" not in tag and "application/json" not in tag]
    assert all('nonce="N0nce"' in tag for tag in inline)


def test_every_answer_gets_its_own_nonce_though_the_page_is_kept():
    first, second = wall_page("vi", "AAA", "Cái Bè"), wall_page("vi", "BBB", "Cái Bè")
    assert first.replace("AAA", "BBB") == second
    assert "'nonce-AAA'" in security_policy("AAA")


def test_our_map_leaves_foliums_own_lists_alone():
    before = list(folium.Map.default_js)
    wall_page("vi", "N", "Tam Dương")
    assert folium.Map.default_js == before


def test_what_a_site_or_an_address_is_called_cannot_become_markup():
    assert NASTY not in wall_page("vi", "N", NASTY)
    assert NASTY not in device_page("vi", "N", NASTY, words={"rule.x": NASTY})


def test_a_site_may_bring_the_titles_of_its_rules():
    page = wall_page("vi", "N", "Nông Sơn", words={"rule.amp-hot": "Tăng âm quá nóng"})
    told = json.loads(re.search(r'id="ioc-page">(.*?)</script>', page)[1])
    assert told["words"]["rule.amp-hot"] == "Tăng âm quá nóng"


def test_the_language_is_the_first_wish_we_speak_and_else_vietnamese():
    assert pick_language(None, "en") == "en"
    assert pick_language("fr", None) == "vi"
    assert pick_language("vi", "en") == "vi"


def test_every_language_has_the_same_words_with_the_same_places():
    first, *others = [catalogue(lang) for lang in LANGUAGES]
    for other in others:
        assert first.keys() == other.keys()
        for key, words in first.items():
            assert sorted(re.findall(r"{\w+}", words)) == sorted(re.findall(r"{\w+}", other[key])), key


def used_keys():
    """Keys named whole, and beginnings of keys put together, in scripts and templates."""
    whole, starts = set(), set()
    for file in [*OURS.glob("*.js"), PACKAGE / "page.py", *PACKAGE.glob("templates/*.html")]:
        text = file.read_text("utf-8")
        whole |= set(re.findall(r'"([a-z]+\.\w+)"', text))
        starts |= set(re.findall(r"`(\w+\.\w*)\$\{", text)) | set(re.findall(r'"(\w+\.\w*)" ~', text))
    return {key for key in whole if not key.endswith((".css", ".html", ".json", ".svg"))}, starts


def test_every_word_a_page_uses_exists_and_none_is_left_over():
    words = catalogue("vi").keys()
    whole, starts = used_keys()
    assert whole - starts <= words, whole - starts - words
    for start in starts - {"rule."}:
        assert any(key.startswith(start) for key in words), start
    spare = {key for key in words if key not in whole and not key.startswith(tuple(starts))}
    assert not spare


def test_our_files_name_no_address_elsewhere():
    for file in (each for each in OURS.rglob("*.*") if each.suffix != ".wav"):
        text = file.read_text("utf-8").replace("http://www.w3.org", "")
        assert not re.search(r"https?://", text), file


def test_our_files_stay_small():
    for file in [*OURS.glob("*.js"), *OURS.glob("*.css")]:
        assert len(file.read_text("utf-8").splitlines()) <= 300, file


def test_every_reason_of_quarantine_is_named_explained_and_has_a_mend():
    text = (PACKAGE.parent / "docs" / "wire.md").read_text("utf-8").split("## Reasons of quarantine")[1]
    reasons = re.findall(r"^\| `([a-z_]+)` \|", text, re.MULTILINE)
    assert len(reasons) > 10
    keys = catalogue("vi").keys()
    assert [f"{kind}.{reason}" for reason in reasons for kind in ("unfit", "why", "mend")
            if f"{kind}.{reason}" not in keys] == []  # fmt: skip
