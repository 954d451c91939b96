using System.Globalization;
using Microsoft.OpenApi;
using SafetyAudit.Data;
using SafetyAudit.Uploads;

namespace SafetyAudit.Host.Api;

/// <summary><c>/openapi/v1.json</c>: what programs can ask, from the routes themselves, with the records' columns from the layouts by which they are read.</summary>
static class ApiDescription
{
    const string Problem = "What is wrong and what to do, as application/problem+json (RFC 9457)";

    public static void AddApiDescription(this IServiceCollection services) => services.AddOpenApi("v1", options =>
    {
        options.ShouldInclude = route => route.RelativePath?.StartsWith("api/v1/", StringComparison.Ordinal) == true;
        options.AddDocumentTransformer((document, _, _) =>
        {
            Complete(document);
            return Task.CompletedTask;
        });
    });

    static void Complete(OpenApiDocument document)
    {
        document.Info = new() { Title = "SafetyAudit", Version = "v1", Description = "Records in, figures out. A key reaches one clinic and is made on the Access page, or with the verb key." };
        document.Servers?.Clear();
        document.Components ??= new();
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme> { ["key"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer" } };
        document.Security = [new() { [new("key", document)] = [] }];
        document.Components.Schemas ??= new Dictionary<string, IOpenApiSchema>();
        foreach (var (path, kind) in RecordsEndpoint.Doors)
        {
            string name = Codes.Of(kind);
            document.Components.Schemas[name] = RecordOf(kind);
            var one = new OpenApiSchemaReference(name, document);
            var body = new OpenApiSchema { AnyOf = [one, new OpenApiSchema { Type = JsonSchemaType.Array, Items = one }] };
            Describe(document, path, HttpMethod.Post, string.Create(CultureInfo.InvariantCulture, $"Send {name}. Up to {RecordsEndpoint.SmallRecords} records and {RecordsEndpoint.SmallBytes / 1024} kB are checked and stored before the answer."),
                [("application/json", body), ("application/ndjson", one)], ("201", "Stored; records says of each whether it was new, same, changed or rejected"),
                ("202", "Received; Location says where to look"), ("400", Problem), ("413", Problem), ("415", Problem), ("422", "None was taken, or the idempotency key was used for something else"));
        }
        Describe(document, "/api/v1/fhir", HttpMethod.Post, "Send FHIR R4: a Bundle, a resource, or one resource a line.",
            [("application/fhir+json", new OpenApiSchema { Type = JsonSchemaType.Object }), ("application/fhir+ndjson", new OpenApiSchema { Type = JsonSchemaType.Object })],
            ("202", "Received, as an OperationOutcome with the uploads"), ("400", "An OperationOutcome that says what is wrong"), ("422", Problem));
        Describe(document, "/api/v1/uploads/{id}", HttpMethod.Get, "What became of an upload, with each rejected row.", [], ("200", "How far it is, and what was not taken"), ("404", "There is no such upload"));
        Describe(document, "/api/v1/rates", HttpMethod.Get, "Observed against expected, one row for each practitioner or clinic and measure.", [], ("200", "The rows"), ("400", Problem));
        Describe(document, "/api/v1/data-quality", HttpMethod.Get, "How complete, timely, linked and free of duplicates the records are, for each practitioner or clinic, over the period or every month of it.", [], ("200", "The rows"), ("400", Problem));
    }

    static void Describe(OpenApiDocument document, string path, HttpMethod method, string summary, (string MediaType, IOpenApiSchema Schema)[] bodies, params (string Status, string Words)[] answers)
    {
        var operation = document.Paths[path].Operations![method];
        (operation.Summary, operation.Tags) = (summary, null);
        operation.Responses = [];
        foreach (var (status, words) in answers) operation.Responses[status] = new OpenApiResponse { Description = words };
        operation.Responses["401"] = new OpenApiResponse { Description = "No key, or one that is not in use" };
        if (method != HttpMethod.Post) return;
        operation.RequestBody = new OpenApiRequestBody { Required = true, Content = bodies.ToDictionary(b => b.MediaType, b => new OpenApiMediaType { Schema = b.Schema }) };
        operation.Parameters =
        [
            new OpenApiParameter
            {
                Name = "Idempotency-Key", In = ParameterLocation.Header, Schema = new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = 255 },
                Description = "A name of yours for this request: sent again with the same body within a day, it has its effect once and the same answer.",
            },
        ];
    }

    static OpenApiSchema RecordOf(RecordKind kind)
    {
        var columns = Intake.Of(kind).Columns.ToList();
        return new()
        {
            Type = JsonSchemaType.Object, Required = columns.Where(c => c.IsRequired).Select(c => c.Name).ToHashSet(),
            Properties = columns.ToDictionary(c => c.Name, c => (IOpenApiSchema)new OpenApiSchema
            {
                Type = (c.IsList ? JsonSchemaType.Array | JsonSchemaType.String : TypeOf(c.Type)) | (c.IsRequired ? 0 : JsonSchemaType.Null), Format = c.Format,
                Items = c.IsList ? new OpenApiSchema { Type = JsonSchemaType.String } : null, Description = c.Expected.Length > 0 && !c.IsList ? c.Expected : null,
            }),
        };
    }

    static JsonSchemaType TypeOf(string type) => type switch
    {
        "integer" => JsonSchemaType.Integer, "number" => JsonSchemaType.Number, "boolean" => JsonSchemaType.Boolean, _ => JsonSchemaType.String,
    };
}
