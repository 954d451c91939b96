using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace SafetyAudit.Migrations.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class EventsOfSession : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_daily_exposures_clinic_id_date",
                table: "daily_exposures");

            migrationBuilder.DropIndex(
                name: "ix_daily_exposures_practitioner_id_date",
                table: "daily_exposures");

            migrationBuilder.DropIndex(
                name: "ix_adverse_events_linked_session_id_linked_clinic_id",
                table: "adverse_events");

            migrationBuilder.CreateIndex(
                name: "ix_daily_exposures_clinic_id_date_sessions_reached",
                table: "daily_exposures",
                columns: new[] { "clinic_id", "date", "sessions", "reached" });

            migrationBuilder.CreateIndex(
                name: "ix_daily_exposures_practitioner_id_date_clinic_id",
                table: "daily_exposures",
                columns: new[] { "practitioner_id", "date", "clinic_id" });

            migrationBuilder.CreateIndex(
                name: "ix_adverse_events_linked_clinic_id_linked_session_id",
                table: "adverse_events",
                columns: new[] { "linked_clinic_id", "linked_session_id" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_daily_exposures_clinic_id_date_sessions_reached",
                table: "daily_exposures");

            migrationBuilder.DropIndex(
                name: "ix_daily_exposures_practitioner_id_date_clinic_id",
                table: "daily_exposures");

            migrationBuilder.DropIndex(
                name: "ix_adverse_events_linked_clinic_id_linked_session_id",
                table: "adverse_events");

            migrationBuilder.CreateIndex(
                name: "ix_daily_exposures_clinic_id_date",
                table: "daily_exposures",
                columns: new[] { "clinic_id", "date" });

            migrationBuilder.CreateIndex(
                name: "ix_daily_exposures_practitioner_id_date",
                table: "daily_exposures",
                columns: new[] { "practitioner_id", "date" });

            migrationBuilder.CreateIndex(
                name: "ix_adverse_events_linked_session_id_linked_clinic_id",
                table: "adverse_events",
                columns: new[] { "linked_session_id", "linked_clinic_id" });
        }
    }
}
