using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace SafetyAudit.Migrations.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class ColumnMappings : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<long>(
                name: "mapping_id",
                table: "uploads",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "column_mappings",
                columns: table => new
                {
                    id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    name = table.Column<string>(type: "TEXT", nullable: false),
                    kind = table.Column<string>(type: "TEXT", nullable: false),
                    clinic_id = table.Column<string>(type: "TEXT", nullable: true),
                    header_digest = table.Column<string>(type: "TEXT", nullable: false),
                    dates = table.Column<string>(type: "TEXT", nullable: false),
                    columns = table.Column<string>(type: "TEXT", nullable: false),
                    added_at_utc = table.Column<DateTime>(type: "TEXT", nullable: false),
                    added_by = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_column_mappings", x => x.id);
                });

            migrationBuilder.CreateIndex(
                name: "ix_uploads_mapping_id",
                table: "uploads",
                column: "mapping_id");

            migrationBuilder.CreateIndex(
                name: "ix_column_mappings_header_digest",
                table: "column_mappings",
                column: "header_digest");

            migrationBuilder.AddForeignKey(
                name: "fk_uploads_column_mappings_mapping_id",
                table: "uploads",
                column: "mapping_id",
                principalTable: "column_mappings",
                principalColumn: "id",
                onDelete: ReferentialAction.Restrict);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropForeignKey(
                name: "fk_uploads_column_mappings_mapping_id",
                table: "uploads");

            migrationBuilder.DropTable(
                name: "column_mappings");

            migrationBuilder.DropIndex(
                name: "ix_uploads_mapping_id",
                table: "uploads");

            migrationBuilder.DropColumn(
                name: "mapping_id",
                table: "uploads");
        }
    }
}
