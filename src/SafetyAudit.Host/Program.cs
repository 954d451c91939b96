using System.CommandLine;
using System.Globalization;
using SafetyAudit.Host;
using SafetyAudit.Host.Commands;

// Files, mail and the terminal are in English, whatever language the machine is set to; only pages ask what their reader's is.
CultureInfo.CurrentUICulture = SafetyAudit.Host.Pages.Reader.English;
CultureInfo.DefaultThreadCurrentUICulture = SafetyAudit.Host.Pages.Reader.English;

// Settings (--Section:Key value, --urls) go to the configuration; everything else is the verb and its options.
var (settings, verbs) = Settings.Split(args);

var program = new RootCommand("SafetyAudit: safety auditing for clinics that give trigger-point dry needling. Without a verb it opens the dashboard.")
{
    DashboardCommand.Make(settings),
    DemoCommand.Make(settings),
    WorkerCommand.Make(settings),
    MigrateCommand.Make(settings),
    ImportCommand.Make(settings),
    UndoCommand.Make(settings),
    RatesCommand.Make(settings),
    AdherenceCommand.Make(settings),
    MonitorCommand.Make(settings),
    AlertsCommand.Make(settings),
    ClinicCommand.Make(settings),
    EvaluateCommand.Make(),
    ReportCommand.Make(settings),
    UserCommand.Make(settings),
    KeyCommand.Make(settings),
    VerifyCommand.Make(settings),
    RotateKeyCommand.Make(settings),
};
DashboardCommand.AsDefault(program, settings);
return await CommandLine.RunAsync(program, verbs);

/// <summary>The entry point, named so that tests can start the program.</summary>
public partial class Program;
