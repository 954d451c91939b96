using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace SafetyAudit.Migrations.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class KeysAndPseudonyms : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            // Their texts are not sealed; files sent again are rejected again, with sealed ones.
            migrationBuilder.Sql("DELETE FROM quarantined_rows");

            migrationBuilder.DropColumn(
                name: "reasons",
                table: "quarantined_rows");

            migrationBuilder.DropColumn(
                name: "text",
                table: "quarantined_rows");

            migrationBuilder.AddColumn<string>(
                name: "reason_codes",
                table: "quarantined_rows",
                type: "text",
                nullable: false,
                defaultValue: "");

            migrationBuilder.AddColumn<byte[]>(
                name: "sealed",
                table: "quarantined_rows",
                type: "bytea",
                nullable: false,
                defaultValue: new byte[0]);

            migrationBuilder.CreateTable(
                name: "keys_in_use",
                columns: table => new
                {
                    number = table.Column<int>(type: "integer", nullable: false),
                    fingerprint = table.Column<byte[]>(type: "bytea", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_keys_in_use", x => x.number);
                });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "keys_in_use");

            migrationBuilder.DropColumn(
                name: "sealed",
                table: "quarantined_rows");

            migrationBuilder.DropColumn(
                name: "reason_codes",
                table: "quarantined_rows");

            migrationBuilder.AddColumn<string>(
                name: "text",
                table: "quarantined_rows",
                type: "text",
                nullable: false,
                defaultValue: "");

            migrationBuilder.AddColumn<string>(
                name: "reasons",
                table: "quarantined_rows",
                type: "text",
                nullable: false,
                defaultValue: "");
        }
    }
}
