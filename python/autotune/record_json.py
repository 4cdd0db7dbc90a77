"""Measurements and records as JSON: what the database stores and `db export` writes.

Fields that a value got after it was stored have their defaults; fields that this version does not
know are dropped.
"""

from dataclasses import asdict, fields
from typing import Any

from autotune.measurement import Failure, FailureKind, Measurement, TuningRecord
from autotune.schedule import Schedule

Json = dict[str, Any]


def measurement_to_json(measurement: Measurement) -> Json:
    """Returns a measurement with every repeat."""
    value = asdict(measurement)
    if measurement.failure is not None:
        value["failure"]["kind"] = measurement.failure.kind.value
    return value


def measurement_of(value: Json) -> Measurement:
    """Returns the measurement in what `measurement_to_json` gave.

    Raises:
        ValueError, TypeError: It is no such value.
    """
    known: Any = _known_fields(Measurement, value)
    failure = known["failure"]
    if failure is not None:
        kind = FailureKind(failure["kind"])
        known["failure"] = Failure(**{**_known_fields(Failure, failure), "kind": kind})
    return Measurement(**{name: _frozen(each) for name, each in known.items()})


def record_to_json(record: TuningRecord) -> Json:
    """Returns what a record knows beside its run."""
    return {
        "schedule": str(record.schedule),
        "tree_hash": record.tree_hash,
        "object_hash": record.object_hash,
        "measurement": measurement_to_json(record.measurement),
        "is_copy": record.is_copy,
    }


def record_of(value: Json, workload_hash: str, target_key: str) -> TuningRecord:
    """Returns the record in what `record_to_json` gave.

    Raises:
        KeyError, ValueError, TypeError, ScheduleError: It is no such value.
    """
    return TuningRecord(
        workload_hash,
        target_key,
        Schedule.parse(value["schedule"]),
        value["tree_hash"],
        value["object_hash"],
        measurement_of(value["measurement"]),
        value.get("is_copy", False),
    )


def optional_schedule(text: str | None) -> Schedule | None:
    """Returns the schedule of a pipeline; None for None."""
    return None if text is None else Schedule.parse(text)


def optional_measurement(value: Json | None) -> Measurement | None:
    """See `measurement_of`; None for None."""
    return None if value is None else measurement_of(value)


def _frozen(value: Any) -> Any:
    """Returns a value with tuples in place of JSON's lists."""
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _known_fields(kind: type, value: Json) -> Json:
    names = {field.name for field in fields(kind)}
    return {name: value[name] for name in value if name in names}
