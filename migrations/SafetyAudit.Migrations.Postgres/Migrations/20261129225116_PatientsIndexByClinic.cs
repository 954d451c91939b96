using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace SafetyAudit.Migrations.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class PatientsIndexByClinic : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_sessions_patient_id_started_at_utc",
                table: "sessions");

            migrationBuilder.CreateIndex(
                name: "ix_sessions_clinic_id_patient_id_started_at_utc",
                table: "sessions",
                columns: new[] { "clinic_id", "patient_id", "started_at_utc" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_sessions_clinic_id_patient_id_started_at_utc",
                table: "sessions");

            migrationBuilder.CreateIndex(
                name: "ix_sessions_patient_id_started_at_utc",
                table: "sessions",
                columns: new[] { "patient_id", "started_at_utc" });
        }
    }
}
