using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace SafetyAudit.Migrations.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class SupersedeUnnamed : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            // Until now the older version of an event that names no clinic went on counting beside the newer one where that said another patient.
            const string newer = "FROM adverse_events a JOIN uploads u ON u.id = a.upload_id AND u.status = 'completed' WHERE a.event_id = b.event_id AND a.clinic_id IS NULL AND a.version > b.version";
            const string doubled = "b.clinic_id IS NULL AND b.superseded_at_utc IS NULL AND EXISTS (SELECT 1 FROM uploads o WHERE o.id = b.upload_id AND o.status = 'completed') AND EXISTS (SELECT 1 " + newer + ")";
            migrationBuilder.Sql("INSERT INTO stale_days (clinic_id, practitioner_id, date) SELECT DISTINCT s.clinic_id, s.practitioner_id, s.date FROM adverse_events b JOIN sessions s ON s.session_id = b.linked_session_id AND s.clinic_id = b.linked_clinic_id AND s.superseded_at_utc IS NULL WHERE " + doubled);
            migrationBuilder.Sql("INSERT INTO stale_clinics (clinic_id) SELECT DISTINCT COALESCE(b.linked_clinic_id, '') FROM adverse_events b WHERE " + doubled);
            migrationBuilder.Sql("UPDATE adverse_events AS b SET superseded_at_utc = (SELECT min(u.completed_at_utc) " + newer + ") WHERE " + doubled);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {

        }
    }
}
