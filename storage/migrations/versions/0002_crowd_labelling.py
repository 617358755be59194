"""Crowd labelling: verdicts beside the boxes, rounds, members' roles and skills, tracks."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

LAST_VOTES = """
    SELECT v.subject_id AS subject_id, v.answer AS answer, v.id AS id FROM vote v
    WHERE v.subject_kind = '{kind}' AND v.answer != 'retract' AND v.id = (
        SELECT max(o.id) FROM vote o WHERE o.project_id = v.project_id
        AND o.subject_kind = v.subject_kind AND o.subject_id = v.subject_id
        AND o.member_id = v.member_id)
"""
TALLY = f"""
    SELECT subject_id, count(*) AS voters,
        sum(CASE WHEN answer = 'right' THEN 1 ELSE 0 END) AS yes,
        sum(CASE WHEN answer = 'wrong' THEN 1 ELSE 0 END) AS no
    FROM ({LAST_VOTES.format(kind="box")}) AS last GROUP BY subject_id
"""
BOX_VERDICTS = f"""
    UPDATE box SET voters = t.voters, verdict = CASE WHEN t.yes > t.no THEN 'right' ELSE 'wrong' END
    FROM ({TALLY}) AS t WHERE t.subject_id = box.id
"""
TRUSTED = """
    UPDATE box SET verdict = 'right'
    WHERE verdict IS NULL AND origin = 'import' AND image_id IN (
        SELECT image.id FROM image JOIN source ON source.id = image.source_id
        WHERE source.trust = 'yes')
"""
IMAGE_ANSWERS = f"""
    UPDATE image SET answer = last.answer FROM ({LAST_VOTES.format(kind="image")}) AS last
    WHERE last.subject_id = image.id AND last.id = (
        SELECT max(v.id) FROM ({LAST_VOTES.format(kind="image")}) AS v
        WHERE v.subject_id = image.id)
"""


def upgrade() -> None:
    op.create_table(
        "bulk",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("member_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("sample", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["project.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("bulk", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bulk_project_id"), ["project_id"], unique=False)

    op.create_table(
        "membership",
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("role", sa.String(), nullable=True),
        sa.Column("counts", sa.Boolean(), nullable=False),
        sa.Column("changed_by", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["project.id"],
        ),
        sa.PrimaryKeyConstraint("project_id", "member_id"),
    )
    op.create_table(
        "round",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("started_by", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("ends_at", sa.DateTime(), nullable=True),
        sa.Column("left_s", sa.Float(), nullable=True),
        sa.Column("told", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["project.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("round", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_round_chat_id"), ["chat_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_round_project_id"), ["project_id"], unique=False)

    op.create_table(
        "skill",
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("yes_yes", sa.Float(), nullable=False),
        sa.Column("yes_no", sa.Float(), nullable=False),
        sa.Column("no_yes", sa.Float(), nullable=False),
        sa.Column("no_no", sa.Float(), nullable=False),
        sa.Column("planted", sa.Integer(), nullable=False),
        sa.Column("caught", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["project.id"],
        ),
        sa.PrimaryKeyConstraint("project_id", "member_id", "kind"),
    )
    op.create_table(
        "track",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["project.id"],
        ),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["source.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("track", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_track_project_id"), ["project_id"], unique=False)

    op.create_table(
        "editortask",
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("image_id", sa.Integer(), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("member_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("made", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"],
            ["image.id"],
        ),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["project.id"],
        ),
        sa.PrimaryKeyConstraint("token"),
    )
    with op.batch_alter_table("editortask", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_editortask_project_id"), ["project_id"], unique=False)

    with op.batch_alter_table("box", schema=None) as batch_op:
        batch_op.add_column(sa.Column("parent_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("track_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("bulk_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("merged_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("gold", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("verdict", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("sure", sa.Float(), nullable=True))
        batch_op.add_column(sa.Column("voters", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("fix", sa.String(), nullable=True))
        batch_op.drop_index(batch_op.f("ix_box_image_id"))
        batch_op.create_index(batch_op.f("ix_box_bulk_id"), ["bulk_id"], unique=False)
        batch_op.create_index("ix_box_image_verdict", ["image_id", "verdict"], unique=False)
        batch_op.create_index(batch_op.f("ix_box_track_id"), ["track_id"], unique=False)
        batch_op.create_index("ix_box_verdict", ["project_id", "verdict", "label"], unique=False)

    with op.batch_alter_table("chat", schema=None) as batch_op:
        batch_op.add_column(sa.Column("people", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("admins", sa.JSON(), server_default="[]", nullable=False))
        batch_op.add_column(sa.Column("asked_at", sa.DateTime(), nullable=True))

    with op.batch_alter_table("drawing", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "member_id",
                sa.BigInteger(),
                server_default="0",
                autoincrement=False,
                nullable=False,
            )
        )
        batch_op.add_column(sa.Column("labels", sa.JSON(), server_default="[]", nullable=False))
        batch_op.add_column(sa.Column("taps", sa.JSON(), server_default="{}", nullable=False))

    with op.batch_alter_table("image", schema=None) as batch_op:
        batch_op.add_column(sa.Column("answer", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("rank", sa.Float(), server_default="0", nullable=False))

    with op.batch_alter_table("project", schema=None) as batch_op:
        batch_op.add_column(sa.Column("settings", sa.JSON(), server_default="{}", nullable=False))

    with op.batch_alter_table("sheet", schema=None) as batch_op:
        batch_op.add_column(sa.Column("goal", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("ahead", sa.Boolean(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("bulk_id", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_sheet_key"), ["key"], unique=False)
        batch_op.create_index(batch_op.f("ix_sheet_state"), ["state"], unique=False)

    op.execute(BOX_VERDICTS)
    op.execute(TRUSTED)
    op.execute(IMAGE_ANSWERS)


def downgrade() -> None:
    with op.batch_alter_table("sheet", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sheet_state"))
        batch_op.drop_index(batch_op.f("ix_sheet_key"))
        batch_op.drop_column("bulk_id")
        batch_op.drop_column("ahead")
        batch_op.drop_column("goal")

    with op.batch_alter_table("project", schema=None) as batch_op:
        batch_op.drop_column("settings")

    with op.batch_alter_table("image", schema=None) as batch_op:
        batch_op.drop_column("rank")
        batch_op.drop_column("answer")

    with op.batch_alter_table("drawing", schema=None) as batch_op:
        batch_op.drop_column("taps")
        batch_op.drop_column("labels")
        batch_op.drop_column("member_id")

    with op.batch_alter_table("chat", schema=None) as batch_op:
        batch_op.drop_column("asked_at")
        batch_op.drop_column("admins")
        batch_op.drop_column("people")

    with op.batch_alter_table("box", schema=None) as batch_op:
        batch_op.drop_index("ix_box_verdict")
        batch_op.drop_index(batch_op.f("ix_box_track_id"))
        batch_op.drop_index("ix_box_image_verdict")
        batch_op.drop_index(batch_op.f("ix_box_bulk_id"))
        batch_op.create_index(batch_op.f("ix_box_image_id"), ["image_id"], unique=False)
        batch_op.drop_column("fix")
        batch_op.drop_column("voters")
        batch_op.drop_column("sure")
        batch_op.drop_column("verdict")
        batch_op.drop_column("gold")
        batch_op.drop_column("merged_id")
        batch_op.drop_column("bulk_id")
        batch_op.drop_column("track_id")
        batch_op.drop_column("parent_id")

    with op.batch_alter_table("editortask", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_editortask_project_id"))

    op.drop_table("editortask")
    with op.batch_alter_table("track", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_track_project_id"))

    op.drop_table("track")
    op.drop_table("skill")
    with op.batch_alter_table("round", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_round_project_id"))
        batch_op.drop_index(batch_op.f("ix_round_chat_id"))

    op.drop_table("round")
    op.drop_table("membership")
    with op.batch_alter_table("bulk", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_bulk_project_id"))

    op.drop_table("bulk")
