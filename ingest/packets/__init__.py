"""MQTT 3.1.1 and 5 as bytes: what a broker's bytes mean, and the bytes that a reader of messages sends.

It turns bytes into values and values into bytes; it never touches a socket, waits or reads a clock.
Sources: OASIS MQTT Version 3.1.1 (29 October 2014) and MQTT Version 5.0 (7 March 2019); their sections are named
as 3.1.1 §2.2 and 5 §2.2.
"""
