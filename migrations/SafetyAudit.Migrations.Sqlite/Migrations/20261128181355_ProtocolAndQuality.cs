using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace SafetyAudit.Migrations.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class ProtocolAndQuality : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            // Outcomes are kept in another shape, and quality was not counted yet: all days are counted anew.
            migrationBuilder.Sql("INSERT INTO stale_days (clinic_id, practitioner_id, date) SELECT clinic_id, practitioner_id, date FROM daily_exposures ORDER BY date");
            migrationBuilder.Sql("DELETE FROM daily_adherence");

            migrationBuilder.DropIndex(
                name: "ix_sessions_patient_id",
                table: "sessions");

            migrationBuilder.DropPrimaryKey(
                name: "pk_daily_adherence",
                table: "daily_adherence");

            migrationBuilder.DropColumn(
                name: "fail",
                table: "daily_adherence");

            migrationBuilder.DropColumn(
                name: "not_applicable",
                table: "daily_adherence");

            migrationBuilder.RenameColumn(
                name: "pass",
                table: "daily_adherence",
                newName: "sessions");

            migrationBuilder.RenameColumn(
                name: "not_recorded",
                table: "daily_adherence",
                newName: "rules_version");

            migrationBuilder.RenameColumn(
                name: "rule",
                table: "daily_adherence",
                newName: "outcomes");

            migrationBuilder.AddPrimaryKey(
                name: "pk_daily_adherence",
                table: "daily_adherence",
                columns: new[] { "clinic_id", "practitioner_id", "date" });

            migrationBuilder.CreateTable(
                name: "clinic_protocols",
                columns: table => new
                {
                    id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    clinic_id = table.Column<string>(type: "TEXT", nullable: false),
                    effective_from = table.Column<DateOnly>(type: "TEXT", nullable: false),
                    decided_at_utc = table.Column<DateTime>(type: "TEXT", nullable: false),
                    decided_by = table.Column<string>(type: "TEXT", nullable: false),
                    min_training_hours = table.Column<double>(type: "REAL", nullable: true),
                    min_years_licensed = table.Column<double>(type: "REAL", nullable: true),
                    min_supervised_sessions = table.Column<int>(type: "INTEGER", nullable: true),
                    authorised_roles = table.Column<string>(type: "TEXT", nullable: true),
                    bbp_training_days = table.Column<int>(type: "INTEGER", nullable: true),
                    accepted_consent_forms = table.Column<string>(type: "TEXT", nullable: true),
                    screening_valid_days = table.Column<int>(type: "INTEGER", nullable: true),
                    absolute_contraindications = table.Column<string>(type: "TEXT", nullable: true),
                    relative_contraindications = table.Column<string>(type: "TEXT", nullable: true),
                    deep_non_compressible_muscles = table.Column<string>(type: "TEXT", nullable: true),
                    pregnancy_precaution_regions = table.Column<string>(type: "TEXT", nullable: true),
                    pregnancy_asked_to_age = table.Column<int>(type: "INTEGER", nullable: true),
                    min_observation_minutes = table.Column<int>(type: "INTEGER", nullable: true),
                    gloves_required = table.Column<bool>(type: "INTEGER", nullable: true),
                    depth_limits = table.Column<string>(type: "TEXT", nullable: true),
                    permitted_muscles = table.Column<string>(type: "TEXT", nullable: true),
                    thoracic_techniques = table.Column<string>(type: "TEXT", nullable: true),
                    thoracic_needle_length_mm = table.Column<double>(type: "REAL", nullable: true),
                    min_pressure_seconds = table.Column<int>(type: "INTEGER", nullable: true),
                    min_pressure_seconds_anticoagulated = table.Column<int>(type: "INTEGER", nullable: true),
                    min_reached_share = table.Column<double>(type: "REAL", nullable: true),
                    review_hours = table.Column<double>(type: "REAL", nullable: true),
                    record_hours = table.Column<double>(type: "REAL", nullable: true),
                    sign_hours = table.Column<double>(type: "REAL", nullable: true),
                    min_completeness = table.Column<double>(type: "REAL", nullable: true),
                    adherence_target = table.Column<double>(type: "REAL", nullable: true),
                    jurisdictions = table.Column<string>(type: "TEXT", nullable: true),
                    verified_duties = table.Column<string>(type: "TEXT", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_clinic_protocols", x => x.id);
                    table.ForeignKey(
                        name: "fk_clinic_protocols_clinics_clinic_id",
                        column: x => x.clinic_id,
                        principalTable: "clinics",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "daily_quality",
                columns: table => new
                {
                    clinic_id = table.Column<string>(type: "TEXT", nullable: false),
                    practitioner_id = table.Column<string>(type: "TEXT", nullable: false),
                    date = table.Column<DateOnly>(type: "TEXT", nullable: false),
                    asked = table.Column<int>(type: "INTEGER", nullable: false),
                    answered = table.Column<int>(type: "INTEGER", nullable: false),
                    awaited = table.Column<int>(type: "INTEGER", nullable: false),
                    in_time = table.Column<int>(type: "INTEGER", nullable: false),
                    repeated_sessions = table.Column<int>(type: "INTEGER", nullable: false),
                    events = table.Column<int>(type: "INTEGER", nullable: false),
                    events_named = table.Column<int>(type: "INTEGER", nullable: false),
                    event_details = table.Column<int>(type: "INTEGER", nullable: false),
                    events_timed = table.Column<int>(type: "INTEGER", nullable: false),
                    events_prompt = table.Column<int>(type: "INTEGER", nullable: false),
                    repeated_events = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_daily_quality", x => new { x.clinic_id, x.practitioner_id, x.date });
                });

            migrationBuilder.CreateTable(
                name: "event_steps",
                columns: table => new
                {
                    id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    event_id = table.Column<string>(type: "TEXT", nullable: false),
                    event_clinic_id = table.Column<string>(type: "TEXT", nullable: false),
                    clinic_id = table.Column<string>(type: "TEXT", nullable: false),
                    kind = table.Column<string>(type: "TEXT", nullable: false),
                    duty = table.Column<string>(type: "TEXT", nullable: true),
                    at_utc = table.Column<DateTime>(type: "TEXT", nullable: false),
                    entered_at_utc = table.Column<DateTime>(type: "TEXT", nullable: false),
                    entered_by = table.Column<string>(type: "TEXT", nullable: false),
                    note = table.Column<string>(type: "TEXT", nullable: true),
                    taken_back_at_utc = table.Column<DateTime>(type: "TEXT", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_event_steps", x => x.id);
                });

            migrationBuilder.CreateIndex(
                name: "ix_sessions_patient_id_started_at_utc",
                table: "sessions",
                columns: new[] { "patient_id", "started_at_utc" });

            migrationBuilder.CreateIndex(
                name: "ix_clinic_protocols_clinic_id_effective_from",
                table: "clinic_protocols",
                columns: new[] { "clinic_id", "effective_from" });

            migrationBuilder.CreateIndex(
                name: "ix_event_steps_event_id_event_clinic_id",
                table: "event_steps",
                columns: new[] { "event_id", "event_clinic_id" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            // Outcomes are kept in another shape, all days are counted anew.
            migrationBuilder.Sql("INSERT INTO stale_days (clinic_id, practitioner_id, date) SELECT clinic_id, practitioner_id, date FROM daily_exposures ORDER BY date");
            migrationBuilder.Sql("DELETE FROM daily_adherence");

            migrationBuilder.DropTable(
                name: "clinic_protocols");

            migrationBuilder.DropTable(
                name: "daily_quality");

            migrationBuilder.DropTable(
                name: "event_steps");

            migrationBuilder.DropIndex(
                name: "ix_sessions_patient_id_started_at_utc",
                table: "sessions");

            migrationBuilder.DropPrimaryKey(
                name: "pk_daily_adherence",
                table: "daily_adherence");

            migrationBuilder.RenameColumn(
                name: "sessions",
                table: "daily_adherence",
                newName: "pass");

            migrationBuilder.RenameColumn(
                name: "rules_version",
                table: "daily_adherence",
                newName: "not_recorded");

            migrationBuilder.RenameColumn(
                name: "outcomes",
                table: "daily_adherence",
                newName: "rule");

            migrationBuilder.AddColumn<int>(
                name: "fail",
                table: "daily_adherence",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<int>(
                name: "not_applicable",
                table: "daily_adherence",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddPrimaryKey(
                name: "pk_daily_adherence",
                table: "daily_adherence",
                columns: new[] { "clinic_id", "practitioner_id", "date", "rule" });

            migrationBuilder.CreateIndex(
                name: "ix_sessions_patient_id",
                table: "sessions",
                column: "patient_id");
        }
    }
}
