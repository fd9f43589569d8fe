"""What a repository on the Hugging Face hub holds; huggingface_hub's own settings apply."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import NamedTuple

import huggingface_hub
from huggingface_hub import constants, errors
from huggingface_hub.hf_api import RepoSibling
from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

from vivavoce.errors import ModelError, ModelUnavailable
from vivavoce.http_client.proxies import BadProxy
from vivavoce.http_client.retries import MAY_PASS

from .catalog import File, Hub, Model
from .hub_client import use_our_proxies
from .web import DownloadItem


class Listing(NamedTuple):
    """The files wanted of a repository. commit: which version of it. headers: to ask with."""

    items: list[DownloadItem]
    commit: str
    headers: dict[str, str]


def find(model: Model, hub: Hub) -> Listing:
    """The model's files with sizes and checksums as the hub has them now.

    Honours HF_ENDPOINT, HF_TOKEN, HF_HUB_OFFLINE and HF_HUB_DOWNLOAD_TIMEOUT, as huggingface_hub
    does. It does not download the files: `hf_hub_download` (2.4) restarts a file with each call,
    drops up to 10 MB when a connection breaks, and verifies no checksum.
    """
    use_our_proxies()
    try:
        info = huggingface_hub.HfApi().model_info(
            hub.repo,
            revision=hub.revision,
            timeout=constants.HF_HUB_DOWNLOAD_TIMEOUT,
            files_metadata=True,
        )
    except Exception as error:
        raise _why(model, hub, error) from error
    commit = info.sha or hub.revision
    items = [_item(hub, commit, sibling) for sibling in _wanted(hub, info.siblings or ())]
    if not items:
        raise ModelUnavailable(
            f"{model.name}: {hub.repo} at {hub.revision} has no "
            f"{'/'.join(filter(None, (hub.folder, ' or '.join(hub.only) or 'file')))}"
        )
    return Listing(items, commit, build_hf_headers())


def _wanted(hub: Hub, siblings: Iterable[RepoSibling]) -> Iterable[RepoSibling]:
    for sibling in siblings:
        folder, _, name = sibling.rfilename.rpartition("/")
        inside = not hub.folder or f"{folder}/".startswith(f"{hub.folder}/")
        below = sibling.rfilename.removeprefix(f"{hub.folder}/")
        if hub.only:
            if inside and any(_matches(below, pattern) for pattern in hub.only):
                yield sibling
        elif inside and not name.startswith("."):
            yield sibling


def _matches(path: str, pattern: str) -> bool:
    """Whether the pattern is for this path below the folder."""
    return path.count("/") == pattern.count("/") and fnmatchcase(path, pattern)


def _item(hub: Hub, commit: str, sibling: RepoSibling) -> DownloadItem:
    path = sibling.rfilename
    name = path.removeprefix(f"{hub.folder}/") if hub.folder else path
    sha256 = sibling.lfs.sha256 if sibling.lfs else None
    blob = sibling.blob_id if sha256 is None else None
    url = huggingface_hub.hf_hub_url(hub.repo, path, revision=commit)
    return DownloadItem(File(name, size=sibling.size, sha256=sha256), url, blob)


def _why(model: Model, hub: Hub, error: Exception) -> ModelError:
    """What the hub's refusal means."""
    what = f"{model.name}: "
    match error:
        case errors.OfflineModeIsEnabled():
            return ModelUnavailable(
                f"{what}not installed, and HF_HUB_OFFLINE forbids downloads; unset it"
            )
        case errors.GatedRepoError():
            return ModelUnavailable(
                f"{what}{hub.repo} is gated; accept its licence on the hub and set HF_TOKEN"
            )
        case errors.RepositoryNotFoundError():
            return ModelUnavailable(
                f"{what}the hub has no model {hub.repo!r}; check the name, "
                "or set HF_TOKEN if it is private"
            )
        case errors.RevisionNotFoundError():
            return ModelUnavailable(
                f"{what}{hub.repo} has no revision {hub.revision!r}; check the name"
            )
        case errors.HfHubHTTPError(response=answer):
            if answer.status_code == 401:
                return ModelUnavailable(
                    f"{what}the hub refuses access to {hub.repo}; set HF_TOKEN to a valid token "
                    "of an account that has it"
                )
            later = "; try again later" if answer.status_code in {*MAY_PASS, 500} else ""
            first = str(error).splitlines()[0]
            return ModelUnavailable(f"{what}the hub returned an error: {first}{later}")
        case BadProxy():
            return ModelError(f"{what}{error}")
        case _:
            first = next(iter(str(error).splitlines()), "") or type(error).__name__
            return ModelUnavailable(
                f"{what}no connection to the hub ({first}); "
                "check the network, HTTPS_PROXY or HF_ENDPOINT"
            )
