"""Cgroups: where they are found under each layout, and groups that come and go at once."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from k15.errors import UserError
from k15.sandbox import cgroups
from k15.sandbox.cgroups import BoxGroup, Layout, find_layout, find_parent, own_folders, owner_name

V2 = "30 23 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate"
ROOT = "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,cgroup"
V1 = """\
31 23 0:28 / /sys/fs/cgroup ro - tmpfs tmpfs ro,mode=755
33 31 0:30 {root} /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:10 - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 {root} /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
39 31 0:36 {root} /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids
40 31 0:37 {root} /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,name=systemd"""
V1_GROUPS = """\
9:name=systemd:{group}
8:pids:{group}
4:memory:{group}
2:cpu,cpuacct:{group}"""


def test_version_2() -> None:
    own = own_folders("0::/user.slice/user-0.slice/session-1.scope\n", f"{ROOT}\n{V2}\n")
    assert own == {"": Path("/sys/fs/cgroup/user.slice/user-0.slice/session-1.scope")}


def test_version_2_in_a_container_that_sees_its_own_group_only() -> None:
    assert own_folders("0::/", V2) == {"": Path("/sys/fs/cgroup")}
    mounted = V2.replace(" / /sys", " /docker/abc /sys")
    assert own_folders("0::/docker/abc/inner", mounted) == {"": Path("/sys/fs/cgroup/inner")}


def test_version_1() -> None:
    own = own_folders(V1_GROUPS.format(group="/jobs/7"), f"{ROOT}\n" + V1.format(root="/"))
    assert {name: str(own[name]) for name in ("memory", "pids", "cpuacct")} == {
        "memory": "/sys/fs/cgroup/memory/jobs/7",
        "pids": "/sys/fs/cgroup/pids/jobs/7",
        "cpuacct": "/sys/fs/cgroup/cpu,cpuacct/jobs/7",
    }
    assert "" not in own


def test_version_1_in_a_container() -> None:
    own = own_folders(V1_GROUPS.format(group="/docker/abc"), V1.format(root="/docker/abc"))
    assert own["memory"] == Path("/sys/fs/cgroup/memory")


def test_hybrid_has_both() -> None:
    unified = V2.replace("/sys/fs/cgroup", "/sys/fs/cgroup/unified")
    own = own_folders(V1_GROUPS.format(group="/") + "\n0::/init.scope", V1.format(root="/") + "\n" + unified)
    assert own[""] == Path("/sys/fs/cgroup/unified/init.scope")
    assert own["pids"] == Path("/sys/fs/cgroup/pids")


def test_a_mount_that_does_not_hold_the_own_group_is_none() -> None:
    assert own_folders("0::/docker/abcdef", V2.replace(" / /sys", " /docker/abc /sys")) == {}


def test_the_nearest_group_upwards_that_hands_memory_and_pids_on(tmp_path: Path) -> None:
    own = tmp_path / "user.slice/user-0.slice/session-1.scope"
    for group, handed_on in ((own, ""), (own.parent, "memory pids"), (own.parents[1], "cpu memory pids")):
        group.mkdir(parents=True, exist_ok=True)
        (group / "cgroup.subtree_control").write_text(handed_on)
        (group / "cgroup.controllers").write_text("cpu memory pids")
        (group / "cgroup.procs").write_text("1\n2\n")
    assert find_parent(own) == own.parent


def test_no_group_at_all_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot be written, .*; run as root"):
        find_parent(tmp_path)


@pytest.fixture
def layout() -> Layout:
    try:
        return find_layout()
    except UserError as error:
        pytest.skip(str(error))


def test_groups_come_and_go_in_many_threads(layout: Layout) -> None:
    start = threading.Barrier(8)

    def come_and_go(number: int) -> None:
        start.wait()
        for turn in range(50):
            group = BoxGroup.create(layout, f"test-{number}-{turn}")
            assert all(Path(door).exists() for door in group.doors)
            group.remove()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(come_and_go, range(8)))
    assert not _of_this_test(layout)


def test_a_group_that_cannot_be_made_whole_is_not_left_half_made(layout: Layout) -> None:
    broken = Layout(layout.version, {**layout.parents, "pids": layout.parents["pids"] / "absent"})
    with pytest.raises(FileNotFoundError):
        BoxGroup.create(broken, "test-half")
    assert not _of_this_test(layout)


def test_sweep_removes_the_groups_of_dead_pools_and_leaves_what_it_cannot_end(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = owner_name(os.getpid()).rpartition("-")[0] + "-1"  # this process's id, but another's start
    dead = [folder / name for folder in layout.folders]
    for pool in dead:
        (pool / "test-0").mkdir(parents=True)
    alive = BoxGroup.create(layout, "test-alive")
    try:
        with monkeypatch.context() as patch:
            patch.setattr(cgroups, "_remove", _refuse)
            assert cgroups.sweep(layout) == 0
        assert cgroups.sweep(layout) >= 2 * len(dead)
        assert not any(pool.exists() for pool in dead)
        assert all(Path(door).exists() for door in alive.doors)
    finally:
        alive.remove()


def test_sweep_leaves_pools_of_other_process_namespaces(layout: Layout) -> None:
    foreign = layout.folders[0] / f"{cgroups.PREFIX}1-2-3"
    foreign.mkdir()
    try:
        cgroups.sweep(layout)
        assert foreign.exists()
    finally:
        foreign.rmdir()


def _refuse(folder: Path) -> int:
    raise UserError(f"{folder} does not empty")


def _of_this_test(layout: Layout) -> list[Path]:
    return [box for folder in layout.folders for box in folder.glob(f"{owner_name(os.getpid())}/test-*")]
