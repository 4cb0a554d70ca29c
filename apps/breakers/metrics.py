"""What a monitor is told of the services that this process calls: by kind of service, of no workspace."""

from collections.abc import Iterable, Iterator

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from apps.egress import breakers


class BreakerCollector(Collector):
    """Reads what the breakers count."""

    def describe(self) -> Iterable[Metric]:
        """Promise no names: what has not happened yet is not told."""
        return []

    def collect(self) -> Iterator[Metric]:
        counted = CounterMetricFamily(
            "auterity_breakers", "What happened at breakers.", labels=["event", "service"]
        )
        for (event, service), count in sorted(breakers.counts().items()):
            counted.add_metric([event, service], count)
        yield counted
