"""`cti-server` and `python -m cti_server`."""

from cti_server.cli import cli


def main() -> None:
    cli(prog_name="cti-server")


if __name__ == "__main__":
    main()
