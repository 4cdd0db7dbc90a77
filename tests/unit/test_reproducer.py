"""Commands that failures carry: each shows the same failure again."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from autotune.compiler import CompilerPool
from autotune.measurement import Candidate, Failure, FailureKind, MeasureConfig
from autotune.reproduce import main
from autotune.reproducer import Conditions, ReproducerError, Reproducers, read_reproducer
from autotune.runner import LocalRunner
from autotune.schedule import Schedule
from autotune.workload import Target, Workload
from tests.faults import CODE, assemble
from tests.unit.kernels import buffer, matmul, scalar, workload

_CONFIG = MeasureConfig(budget_secs=0.02, slack_secs=0.7, patience_secs=0.0, memory_bytes=1 << 30)
_UNKNOWN = workload("%a = math.unknown %0", buffer("f32", 4))
_HUGE = workload(
    """
    %c = arith.constant dense<1.0> : vector<100000000xf32>
    %i = arith.constant 0 : index
    vector.store %c, %0[%i] : memref<4xf32>, vector<100000000xf32>""",
    buffer("f32", 4),
)


def _run(command: str) -> subprocess.CompletedProcess[str]:
    """Runs a reproducer as a user would, but in this environment."""
    run, _, *arguments = shlex.split(command)
    assert run == "./run"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, env=environment, check=False
    )


def _words(text: str) -> str:
    """A message without its numbers, such as process ids and seconds."""
    return re.sub(r"[\d.]+", "#", text)


def _assert_same(failure: Failure) -> None:
    done = _run(failure.reproducer)
    assert done.returncode == 1, done.stderr
    said = _words(done.stdout.strip())
    assert said == _words(f"{failure.kind.value}: {failure.message}")


@pytest.mark.parametrize(
    ("kind", "work", "schedule", "timeout_secs"),
    [
        (FailureKind.COMPILE_ERROR, _UNKNOWN, "", 60.0),
        (FailureKind.ILLEGAL, matmul(8), "autotune-reverse{band=7 member=0}", 60.0),
        (FailureKind.COMPILE_CRASH, _HUGE, "", 60.0),
        (FailureKind.COMPILE_TIMEOUT, matmul(8), "", 0.02),
    ],
)
def test_compiling_fails_again(
    target: Target,
    tmp_path: Path,
    kind: FailureKind,
    work: Workload,
    schedule: str,
    timeout_secs: float,
) -> None:
    kept = Reproducers(tmp_path, Conditions(1, timeout_secs))
    with CompilerPool(target, 1, timeout_secs, reproducers=kept) as pool:
        failure = pool.build(Candidate(work, Schedule.parse(schedule))).result().failure
    assert failure is not None
    assert failure.kind is kind
    _assert_same(failure)


def test_listing_fails_again(target: Target, tmp_path: Path) -> None:
    kept = Reproducers(tmp_path, Conditions())
    with CompilerPool(target, 1, 60, reproducers=kept) as pool:
        failure = pool.expand(Candidate(_UNKNOWN, Schedule())).result()
    assert isinstance(failure, Failure)
    assert failure.reproducer.endswith("--list")
    _assert_same(failure)


@pytest.mark.parametrize("kind", CODE)
def test_running_fails_again(
    pool: CompilerPool, target: Target, tmp_path: Path, kind: FailureKind
) -> None:
    """The very code is kept: here it is none that the compiler would make."""
    sound = workload(
        """
      affine.for %i = 0 to 100 {
        %a = affine.load %0[%i] : memref<100xf32>
        %b = arith.addf %a, %a : f32
        affine.store %b, %0[%i] : memref<100xf32>
      }""",
        buffer("f32", 100),
    )
    baseline = pool.build(Candidate(sound, Schedule())).result().artefact
    assert baseline is not None
    faulty = assemble(CODE[kind], target)
    with LocalRunner(target, _CONFIG) as runner:
        failure = runner.run(sound, baseline, faulty).failure
    assert failure is not None
    assert failure.kind is kind
    kept = Reproducers(tmp_path, Conditions(measure=_CONFIG))
    command = kept.command(Candidate(sound, Schedule()), faulty.object_code)
    _assert_same(Failure(kind, failure.message, command))


def test_success_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = Reproducers(tmp_path, Conditions()).command(Candidate(matmul(8), Schedule()))
    assert main(shlex.split(command)[4:]) == 0
    assert re.fullmatch(r"no failure: \S+ s a call\n", capsys.readouterr().out)


def test_files_are_read_back(tmp_path: Path) -> None:
    original = workload("", buffer("f32", 3, 4), scalar("index"), buffer("i1"))
    conditions = Conditions(2, 1.5, MeasureConfig(fp="reassoc"), cold_cache=True)
    kept = Reproducers(tmp_path / "new", conditions)
    command = kept.command(Candidate(original, Schedule.parse("autotune-tile{band=0 sizes=4}")))
    assert shlex.split(command)[-1] == "autotune-tile{band=0 sizes=4}"
    (file,) = (tmp_path / "new").iterdir()
    assert read_reproducer(file) == (original, conditions)
    kept.command(Candidate(original, Schedule()))
    assert list((tmp_path / "new").iterdir()) == [file]


@pytest.mark.parametrize("text", ["", "module {}\n", '// autotune-workload {"name": 3}\n'])
def test_other_files_are_refused(
    tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "other.mlir"
    file.write_text(text)
    with pytest.raises(ReproducerError, match=r"other\.mlir"):
        read_reproducer(file)
    assert main([str(file)]) == 2
    assert "other.mlir" in capsys.readouterr().err
