"""How a training uses a machine."""

from pipeline.worker.machine import Machine, arguments


def test_a_cpu_is_left_to_the_library() -> None:
    """Only the batch is said, so that times compare with ultralytics' own."""
    assert arguments(Machine(cpus=8), None, pictures=500) == {"batch": 16}
    assert arguments(Machine(cpus=8), 4, pictures=500) == {"batch": 4}


def test_one_gpu_measures_its_batch() -> None:
    """Loaders by the CPUs that there are, and as many pictures as fit unless a number was given."""
    gpu = Machine(gpus=1, cpus=4)
    assert arguments(gpu, None, pictures=500) == {"device": 0, "workers": 3, "batch": -1}
    assert arguments(gpu, 8, pictures=500)["batch"] == 8
    assert arguments(Machine(1, 64), None, pictures=500)["workers"] == 8
    assert arguments(Machine(1, 1), None, pictures=500)["workers"] == 1


def test_several_gpus_share_a_training_that_is_worth_it() -> None:
    """Each takes the same share; with few pictures, or without the means, one does it alone."""
    gpus = Machine(gpus=2, cpus=8, spread=True)
    assert arguments(gpus, None, pictures=500) == {"device": [0, 1], "workers": 3, "batch": 32}
    assert arguments(gpus, 9, pictures=500)["batch"] == 8
    assert arguments(gpus, 1, pictures=500)["batch"] == 2
    assert arguments(gpus, None, pictures=20)["device"] == 0
    assert arguments(Machine(2, 8), None, pictures=500)["device"] == 0


def test_a_resumed_training_keeps_its_batch() -> None:
    """The checkpoint knows what was measured; only a smaller one that is asked for replaces it."""
    for machine in (Machine(), Machine(1, 4), Machine(2, 8, spread=True)):
        assert "batch" not in arguments(machine, None, pictures=500, resumed=True)
        assert arguments(machine, 4, pictures=500, resumed=True)["batch"] == 4
