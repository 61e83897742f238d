// Command hello is a small web service with a command line, made to pull a realistic set of modules.
package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/Masterminds/semver/v3"
	"github.com/dustin/go-humanize"
	"github.com/fatih/color"
	"github.com/go-chi/chi/v5"
	"github.com/go-playground/validator/v10"
	"github.com/google/uuid"
	"github.com/hashicorp/go-multierror"
	"github.com/spf13/cobra"
	"github.com/spf13/viper"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"
	"golang.org/x/text/cases"
	"golang.org/x/text/language"
	"gopkg.in/yaml.v3"
)

// greeting is what the service says; it can be set in TOML or YAML.
type greeting struct {
	Text    string `toml:"text" yaml:"text"`
	Version string `toml:"version" yaml:"version" validate:"required,semver"`
}

func main() {
	if err := command().Execute(); err != nil {
		os.Exit(1)
	}
}

func command() *cobra.Command {
	settings := viper.New()
	settings.SetEnvPrefix("hello")
	settings.AutomaticEnv()
	settings.SetDefault("name", "world")
	return &cobra.Command{
		Use:   "hello",
		Short: "Greets over HTTP and ends",
		RunE: func(_ *cobra.Command, _ []string) error {
			log, err := zap.NewDevelopment()
			if err != nil {
				return err
			}
			defer func() { _ = log.Sync() }()
			said, err := ask(settings.GetString("name"))
			if err != nil {
				return err
			}
			log.Info("answered", zap.String("id", uuid.NewString()))
			color.Green(said)
			return nil
		},
	}
}

// ask starts the service, asks it once, and returns its answer.
func ask(name string) (string, error) {
	var said greeting
	_, tomlErr := toml.Decode(`text = "hello"`, &said)
	yamlErr := yaml.Unmarshal([]byte("version: 1.2.3\n"), &said)
	if err := multierror.Append(nil, tomlErr, yamlErr, validator.New().Struct(said)).ErrorOrNil(); err != nil {
		return "", err
	}
	version, err := semver.NewVersion(said.Version)
	if err != nil {
		return "", err
	}
	router := chi.NewRouter()
	router.Get("/{name}", func(w http.ResponseWriter, r *http.Request) {
		title := cases.Title(language.English).String(chi.URLParam(r, "name"))
		_, _ = fmt.Fprintf(w, "%s, %s! (version %s, %s)", said.Text, title, version, humanize.Time(time.Now()))
	})
	answer := httptest.NewRecorder()
	var group errgroup.Group
	group.Go(func() error {
		router.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/"+name, nil))
		return nil
	})
	if err := group.Wait(); err != nil {
		return "", err
	}
	return answer.Body.String(), nil
}
