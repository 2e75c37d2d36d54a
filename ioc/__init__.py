r"""Floor 4, the roof: assembles, serves, commands. Imported by nobody.

floor 4  ioc         assembles, serves, commands   imports maps alerts ingest     imported by nobody
floor 3  maps        draws the live picture        imports alerts.model ingest.model
floor 2  alerts      judges, warns, notifies       imports ingest.model
floor 1  ingest      hears, stores, speaks         imports nothing of ours
- - - - - - - - - - - - - - - - - the wire: MQTT - - - - - - - - - - - - - - - - -
outside  simulators  behave like devices           import nothing of ours, are imported by nothing of ours

readings   device > mqtt > adapter > admission > batch > store > alerts.engine > outbox > people
                                          \________________________\__> maps.scene > browsers
"""
