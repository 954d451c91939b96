using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace SafetyAudit.Migrations.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class FindByClinic : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateIndex(
                name: "ix_practitioners_clinic_id",
                table: "practitioners",
                column: "clinic_id");

            migrationBuilder.CreateIndex(
                name: "ix_daily_exposures_clinic_id_date",
                table: "daily_exposures",
                columns: new[] { "clinic_id", "date" });

            migrationBuilder.CreateIndex(
                name: "ix_daily_exposures_practitioner_id_date",
                table: "daily_exposures",
                columns: new[] { "practitioner_id", "date" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_practitioners_clinic_id",
                table: "practitioners");

            migrationBuilder.DropIndex(
                name: "ix_daily_exposures_clinic_id_date",
                table: "daily_exposures");

            migrationBuilder.DropIndex(
                name: "ix_daily_exposures_practitioner_id_date",
                table: "daily_exposures");
        }
    }
}
