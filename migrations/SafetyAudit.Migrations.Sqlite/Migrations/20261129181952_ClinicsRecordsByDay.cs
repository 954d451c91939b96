using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace SafetyAudit.Migrations.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class ClinicsRecordsByDay : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_sessions_date",
                table: "sessions");

            migrationBuilder.CreateIndex(
                name: "ix_sessions_clinic_id_date",
                table: "sessions",
                columns: new[] { "clinic_id", "date" });

            migrationBuilder.CreateIndex(
                name: "ix_adverse_events_linked_clinic_id_onset_at_utc",
                table: "adverse_events",
                columns: new[] { "linked_clinic_id", "onset_at_utc" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_sessions_clinic_id_date",
                table: "sessions");

            migrationBuilder.DropIndex(
                name: "ix_adverse_events_linked_clinic_id_onset_at_utc",
                table: "adverse_events");

            migrationBuilder.CreateIndex(
                name: "ix_sessions_date",
                table: "sessions",
                column: "date");
        }
    }
}
