"""Pictures of cameras: newest, small enough, really pictures, and asked of the camera seldom."""

import httpx
import pytest

from ioc.snapshots import FRESH_MS, MOST_BYTES, NoPicture, Picture, Snapshots

CAMERA, JPEG = "ns/camera/c1", b"\xff\xd8\xff picture"


class Camera:
    """Answers what a test wants and counts how often it was asked."""

    def __init__(self, status=200, form="image/jpeg", data=JPEG, error=None):
        self.status, self.form, self.data, self.error, self.asked = status, form, data, error, []

    def __call__(self, request):
        self.asked.append(str(request.url))
        if self.error is not None:
            raise self.error
        return httpx.Response(self.status, headers={"Content-Type": self.form}, content=self.data)


def snapshots(camera, now=lambda: 1000):
    return Snapshots({CAMERA: "http://10.0.0.9/snap.jpg"}, now, httpx.MockTransport(camera))


def test_the_newest_picture_is_passed_on_and_many_looks_ask_the_camera_once():
    clock, camera = [1000], Camera()
    shots = snapshots(camera, lambda: clock[0])
    assert shots.take(CAMERA) == shots.take(CAMERA) == Picture("image/jpeg", JPEG, 1000)
    assert len(camera.asked) == 1
    clock[0] += FRESH_MS
    assert shots.take(CAMERA).taken_at == 1000 + FRESH_MS
    assert len(camera.asked) == 2


def test_only_devices_of_the_site_file_have_pictures():
    camera = Camera()
    assert snapshots(camera).take("ns/camera/other") == NoPicture("not_listed")
    assert camera.asked == []


@pytest.mark.parametrize(
    ("camera", "reason"),
    [
        (Camera(form="text/html", data=b"<script>"), "no_picture"),
        (Camera(form="image/svg+xml"), "no_picture"),
        (Camera(status=401), "no_picture"),
        (Camera(status=302), "no_picture"),
        (Camera(data=bytes(MOST_BYTES + 1)), "too_large"),
        (Camera(error=httpx.ConnectTimeout("slow")), "no_answer"),
        (Camera(error=httpx.ReadError("cut")), "no_answer"),
    ],
)
def test_what_is_no_small_picture_is_refused_with_a_word_and_not_kept(camera, reason):
    shots = snapshots(camera)
    assert shots.take(CAMERA) == NoPicture(reason)
    shots.take(CAMERA)
    assert len(camera.asked) == 2
