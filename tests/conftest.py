pytest_plugins = ["tests.influxd", "tests.load.stores", "tests.load.faults", "tests.played"]
