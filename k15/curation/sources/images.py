"""Images as they come, as PNG.

Guarantees: a picture that is returned was decoded whole, is of the type that its name says and within `MAX_PIXELS`;
turned upright, and without the frames after its first.
"""

from __future__ import annotations

import io

from PIL import ExifTags, Image, ImageOps

MAX_PIXELS = 50_000_000
_TYPES = {
    "png": "PNG",
    **dict.fromkeys(("jpg", "jpeg"), "JPEG"),
    **dict.fromkeys(("tif", "tiff"), "TIFF"),
    "webp": "WEBP",
    "gif": "GIF",
    "bmp": "BMP",
}


def png(data: bytes, name: str = "") -> bytes:
    """The picture as PNG, or a ValueError with a reason in a few words."""
    stated = _TYPES.get(name.rpartition(".")[2].lower())
    try:
        with Image.open(io.BytesIO(data), formats=sorted(set(_TYPES.values()))) as image:
            if stated and image.format != stated:
                raise ValueError(f"it is {image.format}, not the {stated} that its name says")
            width, height = image.size
            if width * height > MAX_PIXELS:
                raise ValueError(f"{width} × {height} pixels are more than {MAX_PIXELS}; a decompression bomb")
            image.load()
            as_it_is = image.format == "PNG" and not getattr(image, "is_animated", False) and not _turned(image)
            return data if as_it_is else _encoded(image)
    except ValueError:
        raise
    except Image.DecompressionBombError:
        raise ValueError(f"its pixels are more than {MAX_PIXELS}; a decompression bomb") from None
    except Image.UnidentifiedImageError:
        raise ValueError(f"it is no image{f', though its name says {stated}' if stated else ''}") from None
    except Exception as error:  # decoders raise whatever a damaged file brings them to
        raise ValueError(f"the image is damaged or cut off ({' '.join(str(error).split())})") from None


def _turned(image: Image.Image) -> bool:
    return image.getexif().get(ExifTags.Base.Orientation, 1) != 1


def _encoded(image: Image.Image) -> bytes:
    upright = ImageOps.exif_transpose(image)
    keeps = upright.mode in ("L", "RGB", "RGBA")
    target = io.BytesIO()
    upright.convert(upright.mode if keeps else "RGBA" if "transparency" in upright.info else "RGB").save(target, "PNG")
    return target.getvalue()
