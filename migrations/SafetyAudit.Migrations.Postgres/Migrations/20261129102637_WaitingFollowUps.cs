using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace SafetyAudit.Migrations.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class WaitingFollowUps : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateIndex(
                name: "ix_follow_ups_waiting",
                table: "follow_ups",
                column: "upload_id",
                filter: "linked_clinic_id IS NULL AND superseded_at_utc IS NULL");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_follow_ups_waiting",
                table: "follow_ups");
        }
    }
}
