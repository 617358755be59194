"""Sources that are fetched anew every night, and versions that are trained on again."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("source", schema=None) as batch_op:
        batch_op.add_column(sa.Column("nightly_at", sa.DateTime(), nullable=True))
        batch_op.create_index(batch_op.f("ix_source_nightly_at"), ["nightly_at"], unique=False)

    with op.batch_alter_table("project", schema=None) as batch_op:
        batch_op.add_column(sa.Column("restored_id", sa.Integer(), nullable=True))

    with op.batch_alter_table("datasetversion", schema=None) as batch_op:
        batch_op.add_column(sa.Column("form", sa.Integer(), server_default="1", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("datasetversion", schema=None) as batch_op:
        batch_op.drop_column("form")

    with op.batch_alter_table("project", schema=None) as batch_op:
        batch_op.drop_column("restored_id")

    with op.batch_alter_table("source", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_source_nightly_at"))
        batch_op.drop_column("nightly_at")
