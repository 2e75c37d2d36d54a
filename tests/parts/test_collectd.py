"""The collectd fixture is a real daemon, and its mqtt plugin publishes to a real broker."""

import json
import subprocess

from realparts import places

CONFIGURATION = """
Hostname "ap-que-trung"
Interval 1
LoadPlugin unixsock
<Plugin unixsock>
  SocketFile "{{socket}}"
</Plugin>
LoadPlugin mqtt
<Plugin mqtt>
  <Publish "centre">
    Host "{host}"
    Port "{port}"
    ClientId "ap-que-trung"
    QoS 1
    Prefix "collectd"
    Retain {retain}
  </Publish>
</Plugin>
"""


def subscriber(broker, *words):
    program = str(places.mosquitto_client("mosquitto_sub"))
    where = ["-h", broker.host, "-p", str(broker.port), "-q", "1", "-t", "collectd/#"]
    return [program, *where, "-F", "%j", "-C", "1", "-W", "20", *words]


def test_collectd_publishes_a_value_to_mosquitto(make_mosquitto, make_collectd):
    broker = make_mosquitto()
    # Retained, so that the subscriber may come after the value.
    daemon = make_collectd(CONFIGURATION.format(host=broker.host, port=broker.port, retain="true"))
    assert daemon.put("ap-que-trung/iwinfo-wlan0/users-stations", 17).startswith("0 Success")
    found = subprocess.run(subscriber(broker), check=True, timeout=30, capture_output=True, text=True)
    message = json.loads(found.stdout)
    assert message["topic"] == "collectd/ap-que-trung/iwinfo-wlan0/users-stations"
    assert message["qos"] == 1
    assert message["retain"] == 1
    stamp, value = message["payload"].rstrip("\0").split(":")
    assert float(stamp) > 0
    assert float(value) == 17
