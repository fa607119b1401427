"""Grafana's dashboards and alert rules as Python; `python -m dashboards` writes what is provisioned.

Every query is a question of `etl.queries` between a head that Grafana fills in and a tail that says
what is shown of the answer. Files are for Grafana 9.4 and later: dashboard schema v1, and no
plugin that Grafana does not ship.
"""
