using System;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

#nullable disable

namespace SafetyAudit.Migrations.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class LinksAndFollowUps : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_patient_risks_patient_id_valid_from_version",
                table: "patient_risks");

            migrationBuilder.DropIndex(
                name: "ix_follow_ups_follow_up_id_version",
                table: "follow_ups");

            migrationBuilder.DropIndex(
                name: "ix_follow_ups_session_id_clinic_id",
                table: "follow_ups");

            migrationBuilder.DropIndex(
                name: "ix_adverse_events_waiting",
                table: "adverse_events");

            migrationBuilder.AddColumn<string>(
                name: "clinic_id",
                table: "patient_risks",
                type: "text",
                nullable: false,
                defaultValue: "");

            migrationBuilder.AddColumn<int>(
                name: "attribution_days",
                table: "measures",
                type: "integer",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "linked_clinic_id",
                table: "follow_ups",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "found_by_asking",
                table: "daily_observed",
                type: "integer",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<int>(
                name: "followed_up",
                table: "daily_exposures",
                type: "integer",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<int>(
                name: "reached",
                table: "daily_exposures",
                type: "integer",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.CreateTable(
                name: "link_decisions",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    event_id = table.Column<string>(type: "text", nullable: false),
                    event_clinic_id = table.Column<string>(type: "text", nullable: false),
                    event_version = table.Column<int>(type: "integer", nullable: false),
                    named_session_id = table.Column<string>(type: "text", nullable: false),
                    session_id = table.Column<string>(type: "text", nullable: true),
                    clinic_id = table.Column<string>(type: "text", nullable: true),
                    reason = table.Column<string>(type: "text", nullable: true),
                    decided_by = table.Column<string>(type: "text", nullable: false),
                    decided_at_utc = table.Column<DateTime>(type: "timestamp with time zone", nullable: false),
                    taken_back_by = table.Column<string>(type: "text", nullable: true),
                    taken_back_at_utc = table.Column<DateTime>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_link_decisions", x => x.id);
                });

            migrationBuilder.CreateIndex(
                name: "ix_sessions_date",
                table: "sessions",
                column: "date");

            migrationBuilder.CreateIndex(
                name: "ix_sessions_patient_id",
                table: "sessions",
                column: "patient_id");

            migrationBuilder.CreateIndex(
                name: "ix_patient_risks_patient_id_valid_from_clinic_id_version",
                table: "patient_risks",
                columns: new[] { "patient_id", "valid_from", "clinic_id", "version" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_follow_ups_follow_up_id_version_clinic_id",
                table: "follow_ups",
                columns: new[] { "follow_up_id", "version", "clinic_id" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_follow_ups_session_id_linked_clinic_id",
                table: "follow_ups",
                columns: new[] { "session_id", "linked_clinic_id" });

            migrationBuilder.CreateIndex(
                name: "ix_adverse_events_patient_id",
                table: "adverse_events",
                column: "patient_id");

            migrationBuilder.CreateIndex(
                name: "ix_adverse_events_waiting",
                table: "adverse_events",
                column: "upload_id",
                filter: "linked_session_id IS NULL AND link_method IS NULL AND superseded_at_utc IS NULL");

            migrationBuilder.CreateIndex(
                name: "ix_link_decisions_one_in_force",
                table: "link_decisions",
                columns: new[] { "event_id", "event_clinic_id", "event_version" },
                unique: true,
                filter: "taken_back_at_utc IS NULL");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "link_decisions");

            migrationBuilder.DropIndex(
                name: "ix_sessions_date",
                table: "sessions");

            migrationBuilder.DropIndex(
                name: "ix_sessions_patient_id",
                table: "sessions");

            migrationBuilder.DropIndex(
                name: "ix_patient_risks_patient_id_valid_from_clinic_id_version",
                table: "patient_risks");

            migrationBuilder.DropIndex(
                name: "ix_follow_ups_follow_up_id_version_clinic_id",
                table: "follow_ups");

            migrationBuilder.DropIndex(
                name: "ix_follow_ups_session_id_linked_clinic_id",
                table: "follow_ups");

            migrationBuilder.DropIndex(
                name: "ix_adverse_events_patient_id",
                table: "adverse_events");

            migrationBuilder.DropIndex(
                name: "ix_adverse_events_waiting",
                table: "adverse_events");

            migrationBuilder.DropColumn(
                name: "clinic_id",
                table: "patient_risks");

            migrationBuilder.DropColumn(
                name: "attribution_days",
                table: "measures");

            migrationBuilder.DropColumn(
                name: "linked_clinic_id",
                table: "follow_ups");

            migrationBuilder.DropColumn(
                name: "found_by_asking",
                table: "daily_observed");

            migrationBuilder.DropColumn(
                name: "followed_up",
                table: "daily_exposures");

            migrationBuilder.DropColumn(
                name: "reached",
                table: "daily_exposures");

            migrationBuilder.CreateIndex(
                name: "ix_patient_risks_patient_id_valid_from_version",
                table: "patient_risks",
                columns: new[] { "patient_id", "valid_from", "version" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_follow_ups_follow_up_id_version",
                table: "follow_ups",
                columns: new[] { "follow_up_id", "version" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_follow_ups_session_id_clinic_id",
                table: "follow_ups",
                columns: new[] { "session_id", "clinic_id" });

            migrationBuilder.CreateIndex(
                name: "ix_adverse_events_waiting",
                table: "adverse_events",
                column: "session_id",
                filter: "linked_session_id IS NULL");
        }
    }
}
