"""A pupil's control program, in the manner of the original: it listens to everything, and with every measurement it
decides and says what it wants, retained, as JSON and one by one. Usage: pupil.py <port>"""

import json
import sys

import paho.mqtt.client as mqtt

TANK = "OLP/device/tank/id"
control = {"heater": False, "light": False, "pump": False}


def heater_control(temperature):
    return temperature < 24


def light_control(lux):
    return lux < 500


def say(client):
    client.publish(TANK + "/control/all", json.dumps(control), qos=1, retain=True)
    for name, on in control.items():
        client.publish(TANK + "/control/" + name, str(on), qos=1, retain=True)


def on_connect(client, *_):
    client.subscribe("OLP/device/#", qos=1)


def on_message(client, userdata, message):
    parts = message.topic.split("/")
    if parts[4:] == ["sensors", "all"]:
        values = json.loads(message.payload)
        control["heater"] = heater_control(values["temperature"])
        control["light"] = light_control(values["lux"])
        say(client)
    elif parts[4:5] == ["control"] and parts[5:] != ["all"]:
        # Every device of the original hears what is said to every other, its own words too.
        print(message.topic, message.payload.decode().lower() == "true", flush=True)


client = mqtt.Client(client_id="pupil-control") if not hasattr(mqtt, "CallbackAPIVersion") else mqtt.Client(
    mqtt.CallbackAPIVersion.VERSION1, client_id="pupil-control"
)
client.on_connect = on_connect
client.on_message = on_message
client.connect("127.0.0.1", int(sys.argv[1]))
client.loop_forever()
