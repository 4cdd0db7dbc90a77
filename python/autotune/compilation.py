"""From a program to tuned artefacts: front end, tuning, and the files that come out.

Hides the life of the worker processes and the layout of the output directory.
"""

import hashlib
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from autotune.cluster import Cluster, ClusterCompiler, ClusterRunner
from autotune.compiler import CompilerPool
from autotune.database import Database
from autotune.errors import AutotuneError, InputError
from autotune.locations import default_database, reproducers_folder
from autotune.measurement import (
    Artefact,
    BuildResult,
    Failure,
    MeasureConfig,
    Measurement,
    ModuleBuild,
)
from autotune.metering import MeteredCompiler, MeteredRunner
from autotune.module import CompiledModule, c_header, load, write_library
from autotune.progress import SilentProgress, TuningProgress
from autotune.replay_run import Recording
from autotune.report import Report, WorkloadReport, dump_json
from autotune.reproducer import Conditions, Reproducers
from autotune.runner import LocalRunner
from autotune.schedule import Schedule
from autotune.search_loop import Compiler, Runner, Session
from autotune.target import building_cores, detect, timing_cores
from autotune.time_account import Activity, TimeAccount
from autotune.tune import BaselineError, ConfigError, ReplayError, TuneConfig, replay, tune
from autotune.workload import Modes, ModuleParts, Target, Workload

EMITTED = ("so", "obj", "llvm", "mlir", "header")
FP_MODES = ("strict", "contract", "reassoc")
MATH_MODES = ("inline", "libm")
TUNED_FILE = "model.tuned.mlir"
SOURCE_FILE = "model.source.mlir"

_COMPILE_TIMEOUT_SECS = 20.0


class CompilationError(AutotuneError):
    """The tuned program cannot be delivered; what was measured is in the database."""


@dataclass(frozen=True)
class Program:
    """What is compiled, and for what.

    Attributes:
        source: MLIR, as text or bytecode.
        filename: Name for messages.
        entry: Public function to compile; None where there is only one.
        fp: One of `FP_MODES`; see `Modes`.
        math: One of `MATH_MODES`.
        num_threads: Threads that the generated code may use.
        cold_cache: Time everything with empty caches.

    Raises:
        ConfigError: A value out of its range.
    """

    source: bytes
    filename: str
    entry: str | None = None
    fp: str = "contract"
    math: str = "inline"
    num_threads: int = 1
    cold_cache: bool = False

    def __post_init__(self) -> None:
        if self.fp not in FP_MODES:
            raise ConfigError(f"fp {self.fp!r} is none of {', '.join(FP_MODES)}")
        if self.math not in MATH_MODES:
            raise ConfigError(f"math {self.math!r} is none of {', '.join(MATH_MODES)}")
        if self.num_threads < 1:
            raise ConfigError(f"the number of threads is {self.num_threads}, not 1 or more")


@dataclass(frozen=True)
class Compilation:
    """A compiled program.

    Attributes:
        program: What was compiled.
        parts: Its affine normal form.
        build: The code with the schedules of the report.
        report: How it came about.
    """

    program: Program
    parts: ModuleParts
    build: ModuleBuild
    report: Report

    def files(self, emit: Sequence[str]) -> dict[str, bytes]:
        """Returns the files of the output directory by name, reports included.

        Args:
            emit: Some of `EMITTED`.

        Raises:
            AutotuneError: The shared library does not link.
        """
        files = {name: content for kind in emit for name, content in self._emit(kind).items()}
        files["report.json"] = dump_json(self.report.to_json()).encode()
        files["report.html"] = self.report.to_html().encode()
        return files

    def shared_library(self) -> bytes:
        """Returns the shared library.

        Raises:
            AutotuneError: It does not link.
        """
        parts = self.parts
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory, "model.so")
            code = self.build.object_code
            write_library(path, code, parts.entry, parts.arguments, self.report.target)
            return path.read_bytes()

    def _emit(self, kind: str) -> dict[str, bytes]:
        match kind:
            case "so":
                return {"model.so": self.shared_library()}
            case "obj":
                return {"model.o": self.build.object_code}
            case "llvm":
                return {"model.ll": self.build.llvm_ir.encode()}
            case "header":
                return {"model.h": c_header(self.parts.entry, self.parts.arguments).encode()}
        text = self._tuned_header() + self.build.tuned_text
        return {TUNED_FILE: text.encode(), SOURCE_FILE: self.program.source}

    def _tuned_header(self) -> str:
        """Returns the comment lines that `autotune.replay_file` reads."""
        program = self.program
        settings = f"fp={program.fp} math={program.math} threads={program.num_threads}"
        lines = [f"// autotune-program {self.parts.entry}: {settings}"]
        for workload in self.report.workloads:
            lines.append(f"// autotune-schedule {workload.name}: {workload.schedule}".rstrip())
        return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Workshop:
    """The processes that work on one program, which the front end has taken.

    Attributes:
        program: The program.
        parts: Its affine normal form.
        compiler: Compile workers of this machine.
        builder: Builds the candidates.
        runner: Times them.
        target: The machine.
        reproducers: Where failing candidates are kept.
        clock: Seconds, monotonic.
        account: Where the time goes.
    """

    program: Program
    parts: ModuleParts
    compiler: CompilerPool
    builder: Compiler
    runner: Runner
    target: Target
    reproducers: Reproducers
    clock: Callable[[], float]
    account: TimeAccount

    def tune(
        self,
        database: Database,
        config: TuneConfig,
        progress: TuningProgress,
        is_interrupted: Callable[[], bool] = lambda: False,
    ) -> Compilation:
        """Tunes every workload, and returns the program with the winners.

        Args:
            database: Keeps the measurements.
            config: How to tune.
            progress: Hears what happens.
            is_interrupted: Whether the user wants to have what there is.

        Raises:
            InputError: The program as it is does not compile or run.
            CompilationError: The tuned program is wrong or does not compile.
            DatabaseError: The database cannot be used.
        """
        session = replace(self._session(database, progress), is_interrupted=is_interrupted)
        return self._finish(config, lambda: tune(self.parts.workloads, config, session))

    def replay_run(self, recording: Recording) -> Compilation:
        """Returns the program as a recorded run made it, after the same search.

        Workloads that the run did not search stay as they are.

        Raises:
            InputError: The run is of another program, or one of the two is timed with cold caches.
            DivergenceError: The search goes another way than the recorded one.
            CompilationError: The tuned program is wrong or does not compile.
        """
        workloads = self.parts.workloads
        if recording.target.cold_cache != self.target.cold_cache:
            option = "with" if recording.target.cold_cache else "without"
            raise InputError(f"{recording.name} was timed {option} --cold-cache: replay it so")

        def search() -> list[WorkloadReport]:
            replayed = recording.replay(workloads, self.builder, self.clock)
            reports = {report.name: report for report in replayed}
            others = [each for each in workloads if each.name not in reports]
            with Database("sqlite://") as unused:
                session = self._session(unused, SilentProgress())
                reports |= {each.name: each for each in replay(others, {}, session)}
            return [reports[each.name] for each in workloads]

        return self._finish(recording.config, search)

    def apply(self, schedules: Mapping[str, Schedule]) -> Compilation:
        """Returns the program with given schedules, checked and timed beside the program as it is.

        Args:
            schedules: By the name of the workload; those not named stay as they are.

        Raises:
            InputError: A schedule is for no workload or fails, or the program does not run.
            CompilationError: The program with the schedules is wrong or does not compile.
        """
        names = [workload.name for workload in self.parts.workloads]
        for name in schedules:
            if name not in names:
                raise InputError(
                    f"{self.program.filename}: has no workload {name!r}, only {', '.join(names)}"
                )
        config = TuneConfig(trials=0, search="none")
        with Database("sqlite://") as unused:
            session = self._session(unused, SilentProgress())
            return self._finish(config, lambda: replay(self.parts.workloads, schedules, session))

    def _session(self, database: Database, progress: TuningProgress) -> Session:
        return Session(
            self.builder,
            self.runner,
            database,
            self.target,
            progress,
            self.clock,
            self._reproduce,
            spent=self.account.spent,
        )

    def _reproduce(self, built: BuildResult) -> str:
        """Returns a shell command that checks and times the very code of a candidate."""
        assert built.artefact is not None
        return self.reproducers.command(built.candidate, built.artefact.object_code)

    def _finish(
        self, config: TuneConfig, search: Callable[[], list[WorkloadReport]]
    ) -> Compilation:
        try:
            workloads = search()
            final, build = self._build(workloads)
        except (BaselineError, ReplayError) as error:
            raise InputError(f"{self.program.filename}: {error}") from None
        spent = self.account.close()
        report = Report(
            target=self.target,
            seed=config.seed,
            search=config.search,
            proposer=config.proposer,
            workloads=tuple(workloads),
            baseline_secs=median(final.baseline_secs),
            best_secs=median(final.run_secs),
            elapsed_secs=spent.total_secs,
            spent=spent,
        )
        return Compilation(self.program, self.parts, build, report)

    def _build(self, workloads: Sequence[WorkloadReport]) -> tuple[Measurement, ModuleBuild]:
        """Builds the whole program, and times it beside the program as it is."""
        parts = self.parts
        schedules = {report.name: report.schedule for report in workloads}
        with self.account.during(Activity.COMPILING):
            untuned = self.compiler.build_module(parts.text, {})
            tuned = self.compiler.build_module(parts.text, schedules)
        if isinstance(untuned, Failure):
            raise BaselineError(f"the program does not compile as it is: {untuned.message}")
        if isinstance(tuned, Failure):
            raise CompilationError(f"the tuned program does not compile: {tuned.message}")
        key = hashlib.sha256(parts.text.encode()).hexdigest()
        whole = Workload(parts.entry, parts.text, key, parts.arguments)
        final = self.runner.submit(whole, _artefact(untuned), _artefact(tuned)).result()
        if final.failure is not None:
            kind, message = final.failure.kind.value, final.failure.message
            raise CompilationError(f"the tuned program fails: {kind}: {message}")
        if any(schedule.transformations for schedule in schedules.values()):
            return final, tuned
        times = final.baseline_secs
        return Measurement(times, times, final.elapsed_secs, None), untuned


@contextmanager
def open_workshop(
    program: Program, reproducers: Path, clock: Callable[[], float], runner: str = "local"
) -> Iterator[Workshop]:
    """Starts the workers and has the front end take the program.

    Args:
        program: What to compile.
        reproducers: Folder for failing candidates.
        clock: Seconds, monotonic.
        runner: Where candidates are built and timed: `local`, `ray`, or `ray://HOST:PORT`.

    Raises:
        InputError: The front end cannot take the program.
        ConfigError: The runner is none of these, or its package is not installed.
        ClusterError: There is no such cluster.
    """
    account = TimeAccount(clock)
    target = detect(program.num_threads, program.cold_cache)
    allowed = frozenset(os.sched_getaffinity(0))
    measuring = MeasureConfig(fp=program.fp)
    conditions = Conditions(
        program.num_threads, _COMPILE_TIMEOUT_SECS, measuring, program.cold_cache
    )
    kept = Reproducers(reproducers, conditions)
    with ExitStack() as stack:
        # Before this process leaves the cores for timing: a cluster that it starts may use them.
        cluster = None
        if runner != "local":
            cluster = stack.enter_context(_open_cluster(runner, target, measuring))
        own = timing_cores(program.num_threads)  # Of those allowed until now.
        stack.enter_context(_pinned(building_cores(program.num_threads)))
        compiler = stack.enter_context(
            CompilerPool(target, len(allowed), _COMPILE_TIMEOUT_SECS, allowed, kept)
        )
        builder: Compiler = compiler
        if cluster is None:
            times: Runner = stack.enter_context(
                LocalRunner(target, measuring, own, compiler.paused)
            )
        else:
            times = ClusterRunner(cluster, target, clock)
            builder = ClusterCompiler(cluster, target, compiler, kept.command, clock)
        modes = Modes(program.fp, program.math)
        with account.during(Activity.COMPILING):
            parts = compiler.front_end(program.source, program.filename, program.entry, modes)
        metered = MeteredCompiler(builder, account), MeteredRunner(times, account)
        yield Workshop(program, parts, compiler, *metered, target, kept, clock, account)


def _open_cluster(
    runner: str, target: Target, measuring: MeasureConfig
) -> AbstractContextManager[Cluster]:
    if runner != "ray" and not runner.startswith("ray://"):
        raise ConfigError(f"runner {runner!r} is none of local, ray, ray://HOST:PORT")
    try:
        from autotune.ray_cluster import RayCluster, WorkerConfig
    except ImportError as error:
        reason = f"runner {runner!r} needs Ray ({error}): pip install 'mlir-autotune[ray]'"
        raise ConfigError(reason) from None
    config = WorkerConfig(target, measuring, _COMPILE_TIMEOUT_SECS)
    return RayCluster("" if runner == "ray" else runner, config)


@contextmanager
def _pinned(cores: frozenset[int]) -> Iterator[None]:
    """Keeps this thread, and threads that it starts, off the cores that are used for timing."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def compile_in_memory(
    program: str | os.PathLike[str], config: TuneConfig, database: str | None, **settings: Any
) -> CompiledModule:
    """Tunes a program and loads it; see `autotune.compile`.

    Args:
        program: MLIR text, or the path of a file.
        config: How to tune.
        database: Tuning database; None for the user's own.
        **settings: Fields of `Program`.

    Raises:
        AutotuneError: The program cannot be taken or finished.
    """
    if isinstance(program, str) and "\n" in program:
        taken = Program(program.encode(), "<text>", **settings)
    else:
        taken = read_program(Path(program), **settings)
    with (
        open_workshop(taken, reproducers_folder(), time.monotonic) as workshop,
        Database(database or default_database()) as opened,
    ):
        compilation = workshop.tune(opened, config, SilentProgress())
    with tempfile.TemporaryDirectory() as directory:
        library = Path(directory, "model.so")
        library.write_bytes(compilation.shared_library())
        return load(library)


def read_program(path: Path, **settings: Any) -> Program:
    """Returns the program in a file; `settings` are the other fields of `Program`.

    Raises:
        InputError: The file cannot be read.
    """
    try:
        return Program(path.read_bytes(), str(path), **settings)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None


def _artefact(build: ModuleBuild) -> Artefact:
    code = build.object_code
    return Artefact(code, hashlib.sha256(code).hexdigest(), 0.0, 0)
