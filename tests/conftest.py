pytest_plugins = [
    "tests.influxd",
    "tests.postgres",
    "tests.load.stores",
    "tests.load.faults",
    "tests.played",
]
