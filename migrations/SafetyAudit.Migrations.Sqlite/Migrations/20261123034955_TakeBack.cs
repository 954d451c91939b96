using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace SafetyAudit.Migrations.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class TakeBack : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<bool>(
                name: "all_or_nothing",
                table: "uploads",
                type: "INTEGER",
                nullable: false,
                defaultValue: false);

            migrationBuilder.AddColumn<long>(
                name: "bytes_read",
                table: "uploads",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<int>(
                name: "corrects_version",
                table: "uploads",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "purpose",
                table: "uploads",
                type: "TEXT",
                nullable: false,
                defaultValue: "file");

            migrationBuilder.AddColumn<DateTime>(
                name: "started_at_utc",
                table: "uploads",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<DateTime>(
                name: "taken_back_at_utc",
                table: "uploads",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "taken_back_by",
                table: "uploads",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "taken_back_why",
                table: "uploads",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "why",
                table: "uploads",
                type: "TEXT",
                nullable: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "all_or_nothing",
                table: "uploads");

            migrationBuilder.DropColumn(
                name: "bytes_read",
                table: "uploads");

            migrationBuilder.DropColumn(
                name: "corrects_version",
                table: "uploads");

            migrationBuilder.DropColumn(
                name: "purpose",
                table: "uploads");

            migrationBuilder.DropColumn(
                name: "started_at_utc",
                table: "uploads");

            migrationBuilder.DropColumn(
                name: "taken_back_at_utc",
                table: "uploads");

            migrationBuilder.DropColumn(
                name: "taken_back_by",
                table: "uploads");

            migrationBuilder.DropColumn(
                name: "taken_back_why",
                table: "uploads");

            migrationBuilder.DropColumn(
                name: "why",
                table: "uploads");
        }
    }
}
