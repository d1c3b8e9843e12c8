"""Makes the files in this folder with NumPy, to hold our reader and writer to them."""
import numpy as np

texts = np.array(["V2 1.0-2.0 s", "", "µV"])
grid = np.array([[0.5, -1.0, np.nan], [np.inf, 1e-300, 3.0]])
np.save("grid.npy", grid)
np.save("texts.npy", texts)
np.save("text.npy", np.array("abc"))
np.save("words.npy", np.array([0, 1, 2**32 - 1], dtype=np.uint32))
np.savez_compressed(
    "widths.npz",
    fortran=np.asfortranarray(np.arange(24).reshape(2, 3, 4)),
    big=np.array([1, -2, 300], dtype=">i2"),
    big_texts=np.array(["aé", "b"]).astype(">U2"),
    half=np.array([0.1, -2.0], dtype=np.float32),
    flags=np.array([True, False]),
    small=np.array([-1, 127], dtype=np.int8),
    large=np.array([2**63 - 1], dtype=np.uint64),
    too_large=np.array([2**63], dtype=np.uint64),
    complex=np.array([1j]),
    objects=np.array([{}], dtype=object),
    empty=np.zeros((0, 3)),
)
np.savez_compressed(
    "design.npz",
    words=np.array([[0], [7], [1], [6]], dtype=np.int64),
    n_players=3,
    draw_row=[2, 3],
    draw_role=[0, 1],
    draw_weight=[0.5, 0.25],
    draw_stratum=[1, 1],
)
np.savez_compressed("values.npz", values=[[0.0, 1.0], [2.0, 3.0]], fingerprint="abc")
