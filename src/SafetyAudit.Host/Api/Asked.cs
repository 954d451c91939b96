using System.Globalization;
using SafetyAudit.Data;
using SafetyAudit.Host.Commands;

namespace SafetyAudit.Host.Api;

/// <summary>What a program asks for in the query, and how its rows are answered.</summary>
static class Asked
{
    /// <exception cref="CommandFailedException">It is no day.</exception>
    public static DateOnly Day(string name, string? text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : throw new CommandFailedException($"{name} must be a day as yyyy-MM-dd.");

    /// <exception cref="CommandFailedException">It is none of the codes.</exception>
    public static T Code<T>(string name, string? text, T standard) where T : struct, Enum =>
        text is null ? standard : Codes.TryParseTyped<T>(text, out var value) ? value : throw new CommandFailedException($"{name} must be one of {Codes.ListOf<T>()}.");

    public static IResult Rows<T>(IReadOnlyCollection<T> rows, IReadOnlyList<OutputColumn<T>> columns) => Results.Stream(async stream =>
    {
        using var content = new MemoryStream();
        Output.WriteJson(content, rows, columns);
        content.Position = 0;
        await content.CopyToAsync(stream);
    }, "application/json");

    public static IResult Wrongly(CommandFailedException wrong) => Results.Problem(wrong.Message, statusCode: StatusCodes.Status400BadRequest, title: "The question can't be answered as it is put.");
}
