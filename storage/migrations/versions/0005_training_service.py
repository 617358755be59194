"""Training service: order and leases of jobs, schedules, who hears of what."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notices",
        sa.Column("member_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("quiet_from", sa.Integer(), nullable=True),
        sa.Column("quiet_until", sa.Integer(), nullable=True),
        sa.Column("zone", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("member_id"),
    )
    op.create_table(
        "schedule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("member_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("trigger", sa.String(), nullable=False),
        sa.Column("request", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("missed", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("next_at", sa.DateTime(), nullable=True),
        sa.Column("last_at", sa.DateTime(), nullable=True),
        sa.Column("last_job_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["project.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("schedule", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_schedule_active"), ["active"], unique=False)
        batch_op.create_index(batch_op.f("ix_schedule_project_id"), ["project_id"], unique=False)

    op.create_table(
        "watch",
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["job.id"],
        ),
        sa.PrimaryKeyConstraint("job_id", "member_id"),
    )
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.add_column(sa.Column("priority", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("rank", sa.Float(), nullable=True))
        batch_op.add_column(sa.Column("paused", sa.Boolean(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("lease_owner", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("lease_until", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("checkpoint", sa.JSON(), server_default="{}", nullable=False))
        batch_op.add_column(sa.Column("told", sa.JSON(), server_default="{}", nullable=False))
        batch_op.create_index(
            "ix_job_turn",
            ["state", "finished_at", "kind", "chat_id", "priority", "rank", "paused"],
            unique=False,
        )

    with op.batch_alter_table("model", schema=None) as batch_op:
        batch_op.add_column(sa.Column("promoted", sa.Boolean(), server_default="1", nullable=False))

    op.drop_index("ix_box_verdict", table_name="box")
    op.create_index("ix_box_verdict", "box", ["project_id", "verdict", "label", "voters"])
    op.create_index("ix_image_rank", "image", ["project_id", sa.text("rank DESC"), "id"])


def downgrade() -> None:
    op.drop_index("ix_image_rank", table_name="image")
    op.drop_index("ix_box_verdict", table_name="box")
    op.create_index("ix_box_verdict", "box", ["project_id", "verdict", "label"])
    with op.batch_alter_table("model", schema=None) as batch_op:
        batch_op.drop_column("promoted")

    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.drop_index("ix_job_turn")
        batch_op.drop_column("told")
        batch_op.drop_column("checkpoint")
        batch_op.drop_column("lease_until")
        batch_op.drop_column("lease_owner")
        batch_op.drop_column("paused")
        batch_op.drop_column("rank")
        batch_op.drop_column("priority")

    op.drop_table("watch")
    with op.batch_alter_table("schedule", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_schedule_project_id"))
        batch_op.drop_index(batch_op.f("ix_schedule_active"))

    op.drop_table("schedule")
    op.drop_table("notices")
