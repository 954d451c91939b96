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

    /// <summary>What a program is told where something failed that it could do nothing about; where it lies is told to the log alone.</summary>
    public static ApiAnswer Failed(HttpContext http) => http.Response.StatusCode switch
    {
        StatusCodes.Status507InsufficientStorage => ApiAnswer.Problem(507, "The disk is full.", $"{DiskFull.Words} Send it again when there is room."),
        StatusCodes.Status500InternalServerError => ApiAnswer.Problem(500, "Something went wrong.", "Nothing was lost. The log of the server has the details."),
        var status => ApiAnswer.Problem(status, "The request can't be taken as it is put.", "It was not complete, or can't be read. Send it again."),
    };
}
