"""Sharing: links to pages that can be ended, and pictures that come back from them."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "share",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("model_id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["model_id"], ["model.id"]),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token"),
    )
    op.create_index("ix_share_model_id", "share", ["model_id"], unique=False)
    op.create_index("ix_share_project_id", "share", ["project_id"], unique=False)

    op.create_table(
        "hardexample",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("model_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("seen", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["model.id"]),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"]),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("project_id", "sha256"),
    )
    op.create_index("ix_hardexample_model_id", "hardexample", ["model_id"], unique=False)
    op.create_index("ix_hardexample_source_id", "hardexample", ["source_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_hardexample_source_id", table_name="hardexample")
    op.drop_index("ix_hardexample_model_id", table_name="hardexample")
    op.drop_table("hardexample")
    op.drop_index("ix_share_project_id", table_name="share")
    op.drop_index("ix_share_model_id", table_name="share")
    op.drop_table("share")
