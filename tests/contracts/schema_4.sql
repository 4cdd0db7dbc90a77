-- A database of schema 4: one finished run with two records, and one that was cut off.
-- {SERIAL}, {TIMESTAMP}, {NOW} and {FALSE} are how the back end spells them.
CREATE TABLE autotune_info (
	name VARCHAR(64) NOT NULL,
	value VARCHAR(64) NOT NULL,
	PRIMARY KEY (name)
);
CREATE TABLE workloads (
	hash VARCHAR(64) NOT NULL,
	name TEXT NOT NULL,
	text TEXT NOT NULL,
	PRIMARY KEY (hash)
);
CREATE TABLE targets (
	key VARCHAR(64) NOT NULL,
	description JSON NOT NULL,
	cold_cache BOOLEAN DEFAULT {FALSE} NOT NULL,
	PRIMARY KEY (key)
);
CREATE TABLE runs (
	id {SERIAL} NOT NULL,
	workload_hash VARCHAR(64) NOT NULL,
	target_key VARCHAR(64) NOT NULL,
	settings TEXT NOT NULL,
	num_trials INTEGER NOT NULL,
	started {TIMESTAMP} DEFAULT {NOW} NOT NULL,
	winner TEXT,
	final JSON,
	uid VARCHAR(64),
	session VARCHAR(64),
	origin JSON,
	finalists JSON,
	spent JSON,
	PRIMARY KEY (id),
	FOREIGN KEY(workload_hash) REFERENCES workloads (hash),
	FOREIGN KEY(target_key) REFERENCES targets (key)
);
CREATE TABLE records (
	id {SERIAL} NOT NULL,
	run_id INTEGER NOT NULL,
	schedule TEXT NOT NULL,
	tree_hash VARCHAR(64) NOT NULL,
	object_hash VARCHAR(64) NOT NULL,
	measurement JSON NOT NULL,
	recorded {TIMESTAMP},
	host TEXT,
	step INTEGER,
	is_copy BOOLEAN DEFAULT {FALSE} NOT NULL,
	PRIMARY KEY (id),
	UNIQUE (run_id, schedule),
	FOREIGN KEY(run_id) REFERENCES runs (id)
);
CREATE UNIQUE INDEX ix_runs_uid ON runs (uid);
CREATE INDEX ix_runs_session ON runs (session);
CREATE INDEX ix_runs_target_key ON runs (target_key);
CREATE INDEX ix_runs_workload_hash ON runs (workload_hash);
INSERT INTO autotune_info VALUES('schema','4');
INSERT INTO workloads VALUES('abababababababababababababababababababababababababababababababab','matmul','module {}');
INSERT INTO targets (key, description) VALUES('c96600b6f9504c93','{"cpu": "toy", "features": "+avx", "num_cores": 2, "num_threads": 1, "vector_bits": 512, "num_vector_registers": 32, "l1_bytes": 49152, "l2_bytes": 2097152, "l3_bytes": 0, "toolchain": "mlir 1"}');
INSERT INTO runs (workload_hash, target_key, settings, num_trials, started, winner, final, uid, session)
VALUES('abababababababababababababababababababababababababababababababab','c96600b6f9504c93','seed=0',8,'2026-11-22 08:16:05','autotune-tile{band=0 sizes=8,16}','{"run_secs": [0.5, 0.25], "baseline_secs": [1.0, 2.0], "elapsed_secs": 0.5, "failure": null}','bbbb','aaaa');
INSERT INTO runs (workload_hash, target_key, settings, num_trials, started, uid, session)
VALUES('abababababababababababababababababababababababababababababababab','c96600b6f9504c93','seed=0',64,'2026-11-22 08:17:05','aaaa','aaaa');
INSERT INTO records (run_id, schedule, tree_hash, object_hash, measurement, recorded, host, step)
VALUES(1,'autotune-tile{band=0 sizes=8,16}','tree','object','{"run_secs": [0.5, 0.25], "baseline_secs": [1.0, 2.0], "elapsed_secs": 0.5, "failure": null}','2026-11-22 08:16:07','machine',0);
INSERT INTO records (run_id, schedule, tree_hash, object_hash, measurement, recorded, host, step)
VALUES(1,'autotune-tile{band=0 sizes=8,16},autotune-parallelize{band=0 member=0}','tree2','','{"run_secs": [], "baseline_secs": [], "elapsed_secs": 0.25, "failure": {"kind": "compile_error", "message": "no vectors", "reproducer": "run me"}}','2026-11-22 08:16:07','machine',1);
